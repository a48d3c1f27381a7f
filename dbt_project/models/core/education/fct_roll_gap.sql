{#- Times in which a pupil who was on a school's roll is on none, from the rolls that the lists deliver.

    Only main registrations (C, M, unknown) hold a pupil: a second school (S) or a guest place (G) is a place beside the
    first. Half-open: from the first day no longer on any roll to the first day on one again.
        school A until 10 January, school B from 10 January           -> none
        school A until 10 January, school B from 12 January           -> 10 and 11 January
        schools A and B at once, A until March, B until 1 May         -> from 1 May on
        school A from 3 March to 3 March, a registration of no days   -> holds nobody, and ends nothing
    The school's words for the reason of leaving are free text and stay in staging. Of them only this is told: whether
    those of the roll that ended last say that the pupil went away. -#}
with

enrolments as (

    select
        authority_code,
        pupil_key,
        school_urn,
        started_on,
        coalesce(ended_on, cast('9999-12-31' as date)) as ends_on,
        lower(leaving_reason) as reason

    from {{ ref('stg_education__enrolments') }}
    where
        coalesce(enrolment_status_code not in ('S', 'G'), true)
        and (ended_on is null or started_on < ended_on)

),

in_order as (

    select
        *,
        max(ends_on) over (
            partition by authority_code, pupil_key
            order by started_on, school_urn
            rows between unbounded preceding and current row
        ) as off_roll_from,
        lead(started_on) over (
            partition by authority_code, pupil_key
            order by started_on, school_urn
        ) as next_started_on

    from enrolments

),

gaps as (

    select
        authority_code,
        pupil_key,
        off_roll_from,
        next_started_on as back_on_roll_on

    from in_order
    where
        off_roll_from < cast('9999-12-31' as date)
        and (next_started_on is null or off_roll_from < next_started_on)

),

last_rolls as (

    select
        authority_code,
        pupil_key,
        ends_on,
        max(school_urn) as school_urn,
        max(
            case
                when
                    reason like '%out of the area%' or reason like '%out of area%' or reason like '%moved away%'
                    or reason like '%abroad%' or reason like '%emigrat%' or reason like '%died%'
                    then 1
                else 0
            end
        ) as gone_away

    from enrolments
    group by authority_code, pupil_key, ends_on

),

links as (

    select * from {{ ref('bridge_pupil_child') }}

),

final as (

    select
        gaps.authority_code,
        gaps.pupil_key,
        cast(coalesce(links.child_key, {{ unknown_child_key() }}) as bigint) as child_key,
        gaps.off_roll_from,
        gaps.back_on_roll_on,
        cast(last_rolls.school_urn as integer) as last_school_urn,
        last_rolls.gone_away = 1 as is_gone_away

    from gaps
    inner join last_rolls
        on gaps.authority_code = last_rolls.authority_code
            and gaps.pupil_key = last_rolls.pupil_key
            and gaps.off_roll_from = last_rolls.ends_on

    -- left: a roll may name a pupil who is on no list
    left join links
        on gaps.authority_code = links.authority_code
            and gaps.pupil_key = links.pupil_key

)

select * from final
