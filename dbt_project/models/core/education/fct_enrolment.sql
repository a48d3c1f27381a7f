{#- Moves between schools, and enrolments that contradict each other.

    Only main registrations (C, M, unknown) are looked at: a second school (S) or a guest place (G) is a place beside
    the first and no move. A pupil moves on the first day at a school other than the one she was registered at before.
    It is a mid-year move unless that day is in August or September, when the school year turns: 31 July and 1 October
    are mid-year, 1 August and 30 September are not. The first enrolment known is no move that anybody can judge: null.
    The DfE's school stability counts the mid-year moves from 1 April to 31 March of children looked after on that day
    or since an earlier one; a move before care began is nobody's here to count.
    Two main registrations that share a day overlap, and both are marked; one that ends the day the next begins
    does not, nor does one of no days. -#}
with

enrolments as (

    select
        *,
        coalesce(enrolment_status_code not in ('S', 'G'), true) as is_main

    from {{ ref('stg_education__enrolments') }}

),

links as (

    select * from {{ ref('bridge_pupil_child') }}

),

care_periods as (

    select * from {{ ref('fct_care_period') }}
    where not is_short_break

),

main_ones as (

    select
        authority_code,
        pupil_key,
        school_urn,
        started_on,
        lag(school_urn) over (
            partition by authority_code, pupil_key
            order by started_on, school_urn
        ) as previous_school_urn

    from enrolments
    where is_main

),

with_days as (

    select
        authority_code,
        pupil_key,
        school_urn,
        started_on,
        max(coalesce(ended_on, cast('9999-12-31' as date))) over (
            partition by authority_code, pupil_key
            order by started_on, school_urn
            rows between unbounded preceding and 1 preceding
        ) > started_on as is_begun_within,
        lead(started_on) over (
            partition by authority_code, pupil_key
            order by started_on, school_urn
        ) < coalesce(ended_on, cast('9999-12-31' as date)) as is_begun_upon

    from enrolments
    where is_main and (ended_on is null or ended_on > started_on)

),

moves as (

    select
        enrolments.*,
        main_ones.previous_school_urn,
        coalesce(with_days.is_begun_within, false) or coalesce(with_days.is_begun_upon, false) as is_overlapping,
        case
            when main_ones.previous_school_urn <> enrolments.school_urn
                then extract(month from enrolments.started_on) not in (8, 9)
            when main_ones.previous_school_urn is not null or not enrolments.is_main then false
        end as is_mid_year_move,
        care_periods.child_key is not null as is_looked_after

    from enrolments

    -- left: second schools and guest places, and pupils who were never in care
    left join main_ones
        on enrolments.authority_code = main_ones.authority_code
            and enrolments.pupil_key = main_ones.pupil_key
            and enrolments.school_urn = main_ones.school_urn
            and enrolments.started_on = main_ones.started_on
    left join with_days
        on enrolments.authority_code = with_days.authority_code
            and enrolments.pupil_key = with_days.pupil_key
            and enrolments.school_urn = with_days.school_urn
            and enrolments.started_on = with_days.started_on
    left join links
        on enrolments.authority_code = links.authority_code
            and enrolments.pupil_key = links.pupil_key
    left join care_periods
        on links.authority_code = care_periods.authority_code
            and links.child_key = care_periods.child_key
            and {{ is_on('enrolments.started_on', 'care_periods.started_on', 'care_periods.ended_on') }}

),

final as (

    select
        authority_code,
        pupil_key,
        school_urn,
        started_on,
        ended_on,
        {{ or_unknown('enrolment_status_code') }} as enrolment_status_code,
        {{ or_unknown('year_group_code') }} as year_group_code,
        ended_on is null as is_open,
        previous_school_urn,
        is_mid_year_move,
        is_looked_after as is_looked_after_at_start,
        is_overlapping,
        source_file,
        source_row

    from moves

)

select * from final
