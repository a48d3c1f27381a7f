{#- What a young person is entitled to on leaving care (Children Act 1989, schedule 2 paragraph 19B and sections 23A,
    23C, 23CZB and 24; Care Leavers Regulations 2010). Days in care count from the 14th birthday, whichever periods they
    are of; short breaks (V3, V4) do not count. 13 weeks are 91 days, the day itself included.

        16 or 17, in care, 91 days, one of them at 16 or later             -> eligible
        the same with 90 days                                              -> none (not yet)
        16 or 17, left care as an eligible child                           -> relevant
        ... to a parent, child arrangements or special guardianship,
            and six months have passed there                               -> qualifying
        18 or over, was eligible or relevant at 18, under 25               -> former_relevant
        ... until March 2018 under 21                                      -> former_relevant
        16 to 20, in care at 16 or 17, fewer days                          -> qualifying
        16 to 20, left care, at any age, to special guardianship           -> qualifying
        died, or care taken over by another authority                      -> none

    Only the month of birth is known here: the rule is applied to its first and to its last day. Where they agree, so
    does every day between; where they do not, the day of birth would decide and the answer is null.
        born in January 2001, 91 days in care from 10 January 2015 -> 91 days since 14 if born by the 10th, else fewer
        -#}
{%- set never = "cast('9999-12-31' as date)" -%}

with

reporting_dates as (

    select as_at from {{ ref('dim_reporting_date') }}

),

end_reasons as (

    select * from {{ ref('dim_care_end_reason') }}

),

spells as (

    select
        episodes.authority_code,
        episodes.child_key,
        episodes.started_on,
        episodes.ended_on,
        episodes.end_reason_code

    from {{ ref('int_episodes_arranged') }} as episodes

    -- left: a code outside the list must not lose the episode
    left join {{ ref('dim_legal_status') }} as legal_statuses
        on episodes.legal_status_code = legal_statuses.legal_status_code
    -- a status that is not known is not taken for a short break
    where not coalesce(legal_statuses.is_short_break, false)

),

-- Whoever had been in care by the reporting date, with how care stood or ended then.
last_spells as (

    select
        spells.authority_code,
        spells.child_key,
        reporting_dates.as_at,
        {{ is_on('reporting_dates.as_at', 'spells.started_on', 'spells.ended_on') }} as is_looked_after,
        case when spells.ended_on <= reporting_dates.as_at then spells.ended_on end as left_care_on,
        case
            when spells.ended_on <= reporting_dates.as_at then {{ or_unknown('spells.end_reason_code') }}
        end as end_reason_code

    from spells
    inner join reporting_dates
        on spells.started_on <= reporting_dates.as_at
    qualify
        row_number() over (
            partition by spells.authority_code, spells.child_key, reporting_dates.as_at
            order by spells.started_on desc
        ) = 1

),

people as (

    select
        last_spells.*,
        children.birth_month,
        coalesce(end_reasons.end_reason_group, 'Unknown') as end_reason_group

    from last_spells
    inner join {{ ref('dim_child') }} as children
        on last_spells.authority_code = children.authority_code
            and last_spells.child_key = children.child_key
            and children.is_current

    -- left: a code outside the list
    left join end_reasons on last_spells.end_reason_code = end_reasons.end_reason_code

),

births as (

    select
        people.*,
        birth_month as born_on

    from people
    union all
    select
        people.*,
        {{ add_days(add_months('birth_month', 1), -1) }} as born_on

    from people

),

birthdays as (

    select
        births.*,
        {{ add_months('born_on', 14 * 12) }} as fourteen_on,
        {{ add_months('born_on', 16 * 12) }} as sixteen_on,
        {{ add_months('born_on', 18 * 12) }} as eighteen_on,
        {{ add_months('born_on', var('qualifying_until_age') * 12) }} as young_end_on,
        {{ add_months(
            'born_on',
            "case when as_at < cast('" ~ var('former_relevant_extended_from') ~ "' as date)"
            ~ " then " ~ 12 * var('former_relevant_until_age_before_2018')
            ~ " else " ~ 12 * var('former_relevant_until_age') ~ " end"
        ) }} as support_ends_on

    from births

),

-- Days up to the reporting date, itself included, and to the 18th birthday.
counted as (

    select
        birthdays.authority_code,
        birthdays.child_key,
        birthdays.as_at,
        birthdays.born_on,
        greatest(spells.started_on, birthdays.fourteen_on) as at_fourteen_from,
        greatest(spells.started_on, birthdays.sixteen_on) as at_sixteen_from,
        least(
            coalesce(spells.ended_on, {{ never }}),
            {{ add_days('birthdays.as_at', 1) }},
            birthdays.eighteen_on
        ) as counted_to

    from birthdays
    inner join spells
        on birthdays.authority_code = spells.authority_code
            and birthdays.child_key = spells.child_key
            and birthdays.as_at >= spells.started_on

),

measured as (

    select
        authority_code,
        child_key,
        as_at,
        born_on,
        cast(sum(greatest(0, {{ days_between('at_fourteen_from', 'counted_to') }})) as integer) as days_since_fourteen,
        cast(sum(greatest(0, {{ days_between('at_sixteen_from', 'counted_to') }})) as integer) as days_since_sixteen

    from counted
    group by authority_code, child_key, as_at, born_on

),

judged as (

    select
        birthdays.*,
        measured.days_since_fourteen,
        measured.days_since_sixteen,
        measured.days_since_fourteen >= {{ var('leaving_care_qualifying_days') }}
        and measured.days_since_sixteen > 0 as is_long_enough,
        birthdays.end_reason_group = 'Special guardianship' as is_special_guardianship,
        (
            birthdays.end_reason_code in ('E4A', 'E4B')
            or birthdays.end_reason_group in ('Child arrangements order', 'Special guardianship')
        )
        and {{ add_months('birthdays.left_care_on', 6) }}
        <= least(birthdays.as_at, birthdays.eighteen_on) as is_settled_at_home

    from birthdays

    -- left: a month of birth that is not known measures nothing
    left join measured
        on birthdays.authority_code = measured.authority_code
            and birthdays.child_key = measured.child_key
            and birthdays.as_at = measured.as_at
            and birthdays.born_on = measured.born_on

),

decided as (

    select
        judged.*,
        case
            when born_on is null then null
            when as_at < sixteen_on then 'none'
            when end_reason_code in ('E2', 'E3') then 'none'
            when as_at < eighteen_on and is_looked_after and is_long_enough then 'eligible'
            when as_at < eighteen_on and is_looked_after then 'none'
            when as_at < eighteen_on and is_long_enough and not coalesce(is_settled_at_home, false) then 'relevant'
            when
                as_at >= eighteen_on and as_at < support_ends_on
                and is_long_enough and not coalesce(is_settled_at_home, false)
                then 'former_relevant'
            when
                as_at < young_end_on
                and (days_since_sixteen > 0 or is_special_guardianship)
                and not (is_long_enough and not coalesce(is_settled_at_home, false))
                then 'qualifying'
            else 'none'
        end as eligibility_code,
        case
            when born_on is null then null
            when end_reason_code in ('E2', 'E3') then 0
            when as_at >= eighteen_on and is_long_enough and not coalesce(is_settled_at_home, false) then 1
            else 0
        end as was_former_relevant

    from judged

),

agreed as (

    select
        authority_code,
        child_key,
        as_at,
        max(birth_month) as birth_month,
        case when min(eligibility_code) = max(eligibility_code) then max(eligibility_code) end as eligibility_code,
        case
            when min(was_former_relevant) = max(was_former_relevant) then max(was_former_relevant) = 1
        end as is_or_was_former_relevant,
        min(days_since_fourteen) as days_since_14_at_least,
        max(days_since_fourteen) as days_since_14_at_most,
        max(case when as_at >= sixteen_on then 1 else 0 end) = 1 as may_be_sixteen,
        max(case when is_looked_after then 1 else 0 end) = 1 as is_looked_after,
        max(case when is_special_guardianship then 1 else 0 end) = 1 as is_special_guardianship,
        max(left_care_on) as left_care_on,
        max(end_reason_code) as end_reason_code

    from decided
    group by authority_code, child_key, as_at

),

final as (

    select
        authority_code,
        child_key,
        as_at,
        eligibility_code,
        case
            when birth_month is null then 'month_of_birth'
            when eligibility_code is null then 'day_of_birth'
        end as unknown_reason,
        case
            when eligibility_code in ('relevant', 'former_relevant', 'qualifying') then true
            when eligibility_code in ('eligible', 'none') then false
        end as is_care_leaver,
        is_or_was_former_relevant,
        is_looked_after,
        days_since_14_at_least,
        days_since_14_at_most,
        left_care_on,
        end_reason_code

    from agreed
    where
        birth_month is null
        or (
            may_be_sixteen
            and as_at < {{ add_months('birth_month', 12 * var('former_relevant_until_age') + 1) }}
            and (days_since_14_at_most > 0 or is_special_guardianship)
        )

)

select * from final
