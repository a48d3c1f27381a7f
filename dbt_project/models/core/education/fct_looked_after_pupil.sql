{#- School of the children looked after on a day, from 1 September to the day, whether they were in care all that time
    or not: the absence, the suspensions and the plans are those of the children who are there on the day.

    A child who was two pupils (a new number, a second roll) is judged on the sessions of both together. What no list
    tells is null and not 0: sessions in a school year without register marks to the day at all, suspensions in a school
    year before the first that the list of exclusions knows, plans before the first term that the list of plans
    speaks of and while the term runs. A child without marks in a school year that has some missed nothing: 0.

    The school: the main registration running on the day; else, since the rolls of schools elsewhere are not delivered,
    the school with most of the register marks of the day's month and the one before. -#}
with

looked_after as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key,
        looked_after.school_year_group,
        looked_after.is_twelve_months,
        reporting_dates.school_year,
        cast({{ dbt.date_trunc('month', add_months('looked_after.as_at', -1)) }} as date) as marks_from,
        case
            when not reporting_dates.is_term_end then null
            when extract(month from looked_after.as_at) = 12 then 'autumn'
            when extract(month from looked_after.as_at) = 3 then 'spring'
            when extract(month from looked_after.as_at) = 7 then 'summer'
        end as plan_term

    from {{ ref('fct_looked_after_child') }} as looked_after
    inner join {{ ref('dim_reporting_date') }} as reporting_dates
        on looked_after.as_at = reporting_dates.as_at
    -- aged 5 to 15 on the 31 August before: years 1 to 11
    where looked_after.school_year_group between 1 and 11

),

children as (

    select * from {{ ref('dim_child') }}

),

links as (

    select * from {{ ref('bridge_pupil_child') }}

),

absence as (

    select * from {{ ref('fct_absence_year_to_date') }}

),

days_with_marks as (

    select distinct
        authority_code,
        as_at

    from absence

),

absences as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key,
        sum(absence.possible_sessions) as possible_sessions,
        sum(absence.authorised_absence_sessions) as authorised_absence_sessions,
        sum(absence.unauthorised_absence_sessions) as unauthorised_absence_sessions,
        sum(absence.absent_sessions) as absent_sessions,
        sum(absence.absent_by_half_term_sessions) as absent_by_half_term_sessions,
        max(absence.half_term) as half_term

    from looked_after
    inner join links
        on looked_after.authority_code = links.authority_code
            and looked_after.child_key = links.child_key
    inner join absence
        on links.authority_code = absence.authority_code
            and links.pupil_key = absence.pupil_key
            and looked_after.as_at = absence.as_at
    group by looked_after.authority_code, looked_after.as_at, looked_after.child_key

),

exclusions as (

    select * from {{ ref('fct_exclusion') }}

),

exclusion_lists as (

    select
        authority_code,
        min(school_year) as first_school_year

    from exclusions
    group by authority_code

),

excluded as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key,
        sum(case when exclusions.exclusion_type_code = 'SUSP' then 1 else 0 end) as suspension_count,
        sum(case when exclusions.exclusion_type_code = 'PERM' then 1 else 0 end) as permanent_exclusion_count

    from looked_after
    inner join exclusions
        on looked_after.authority_code = exclusions.authority_code
            and looked_after.child_key = exclusions.child_key
            and looked_after.school_year = exclusions.school_year
            and looked_after.as_at >= exclusions.started_on
    where not exclusions.is_cancelled
    group by looked_after.authority_code, looked_after.as_at, looked_after.child_key

),

plans as (

    select * from {{ ref('fct_personal_education_plan_due') }}

),

schools as (

    select * from {{ ref('dim_school') }}

),

terms_over as (

    select distinct
        plans.authority_code,
        plans.school_year,
        plans.term

    from plans
    inner join {{ ref('stg_warehouse__night') }} as night
        on plans.term_last_day <= night.as_at

),

registered as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key,
        enrolments.school_urn

    from looked_after
    inner join links
        on looked_after.authority_code = links.authority_code
            and looked_after.child_key = links.child_key
    inner join {{ ref('fct_enrolment') }} as enrolments
        on links.authority_code = enrolments.authority_code
            and links.pupil_key = enrolments.pupil_key
            and {{ is_on('looked_after.as_at', 'enrolments.started_on', 'enrolments.ended_on') }}
    where enrolments.enrolment_status_code not in ('S', 'G')
    qualify
        row_number() over (
            partition by looked_after.authority_code, looked_after.as_at, looked_after.child_key
            order by enrolments.started_on desc, enrolments.school_urn asc
        ) = 1

),

marked as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key,
        months.school_urn,
        sum(months.recorded_sessions) as recorded_sessions

    from looked_after
    inner join links
        on looked_after.authority_code = links.authority_code
            and looked_after.child_key = links.child_key
    inner join {{ ref('fct_attendance_enrolment_month') }} as months
        on links.authority_code = months.authority_code
            and links.pupil_key = months.pupil_key
            and months.session_month between looked_after.marks_from and looked_after.as_at
    where months.recorded_sessions > 0
    group by looked_after.authority_code, looked_after.as_at, looked_after.child_key, months.school_urn

),

marked_most as (

    select *

    from marked
    qualify
        row_number() over (
            partition by authority_code, as_at, child_key
            order by recorded_sessions desc, school_urn asc
        ) = 1

),

joined as (

    select
        looked_after.*,
        children.sen_provision_code,
        case
            when registered.school_urn is not null then 'roll'
            when marked_most.school_urn is not null then 'register'
            else 'none'
        end as school_known_by,
        coalesce(registered.school_urn, marked_most.school_urn, -1) as school_urn,
        days_with_marks.as_at is not null as has_marks_of_year,
        coalesce(exclusion_lists.first_school_year <= looked_after.school_year, false) as has_exclusions_of_year,
        terms_over.term is not null as is_plan_known,
        coalesce(absences.possible_sessions, 0) as possible_sessions,
        coalesce(absences.authorised_absence_sessions, 0) as authorised_absence_sessions,
        coalesce(absences.unauthorised_absence_sessions, 0) as unauthorised_absence_sessions,
        coalesce(absences.absent_sessions, 0) as absent_sessions,
        {{ is_persistently_absent(
            'looked_after.school_year', 'absences.possible_sessions', 'absences.absent_sessions', 'absences.half_term',
            'absences.absent_by_half_term_sessions'
        ) }} as is_persistently_absent,
        coalesce(excluded.suspension_count, 0) as suspension_count,
        coalesce(excluded.permanent_exclusion_count, 0) as permanent_exclusion_count,
        coalesce(plans.is_completed_in_term, false) as is_plan_completed_in_term

    from looked_after

    -- left: who has no marks, no exclusion, no plan or no school is what this table is there to tell
    left join children
        on looked_after.authority_code = children.authority_code
            and looked_after.child_key = children.child_key
            and {{ is_on('looked_after.as_at', 'children.valid_from', 'children.valid_to') }}
    left join registered
        on looked_after.authority_code = registered.authority_code
            and looked_after.as_at = registered.as_at
            and looked_after.child_key = registered.child_key
    left join marked_most
        on looked_after.authority_code = marked_most.authority_code
            and looked_after.as_at = marked_most.as_at
            and looked_after.child_key = marked_most.child_key
    left join days_with_marks
        on looked_after.authority_code = days_with_marks.authority_code
            and looked_after.as_at = days_with_marks.as_at
    left join absences
        on looked_after.authority_code = absences.authority_code
            and looked_after.as_at = absences.as_at
            and looked_after.child_key = absences.child_key
    left join exclusion_lists
        on looked_after.authority_code = exclusion_lists.authority_code
    left join excluded
        on looked_after.authority_code = excluded.authority_code
            and looked_after.as_at = excluded.as_at
            and looked_after.child_key = excluded.child_key
    left join terms_over
        on looked_after.authority_code = terms_over.authority_code
            and looked_after.school_year = terms_over.school_year
            and looked_after.plan_term = terms_over.term
    left join plans
        on looked_after.authority_code = plans.authority_code
            and looked_after.child_key = plans.child_key
            and looked_after.school_year = plans.school_year
            and looked_after.plan_term = plans.term

),

final as (

    select
        -- identifiers
        joined.authority_code,
        joined.as_at,
        joined.child_key,
        joined.school_year,

        -- the child on the day
        joined.school_year_group,
        joined.is_twelve_months,
        joined.sen_provision_code,

        -- the school on the day
        cast(joined.school_urn as integer) as school_urn,
        joined.school_known_by,
        {{ or_unknown('schools.phase_code') }} as school_phase_code,
        schools.located_in_authority_code = joined.authority_code as is_school_in_authority,

        -- sessions of the school year to the day
        cast(case when joined.has_marks_of_year then joined.possible_sessions end as integer) as possible_sessions,
        cast(case when joined.has_marks_of_year then joined.authorised_absence_sessions end as integer)
            as authorised_absence_sessions,
        cast(case when joined.has_marks_of_year then joined.unauthorised_absence_sessions end as integer)
            as unauthorised_absence_sessions,
        cast(case when joined.has_marks_of_year then joined.absent_sessions end as integer) as absent_sessions,
        case when joined.has_marks_of_year then cast(joined.absent_sessions as double) / 2 end as days_missed,
        joined.is_persistently_absent,

        -- exclusions of the school year to the day
        cast(case when joined.has_exclusions_of_year then joined.suspension_count end as integer)
            as suspension_count,
        cast(case when joined.has_exclusions_of_year then joined.permanent_exclusion_count end as integer)
            as permanent_exclusion_count,

        -- the plan of the term that ends with the day
        case when joined.is_plan_known then joined.plan_term end as plan_term,
        case when joined.is_plan_known then joined.is_plan_completed_in_term end as is_plan_up_to_date

    from joined

    -- left: where no pupil was ever delivered there is no school at all
    left join schools
        on joined.authority_code = schools.authority_code
            and joined.school_urn = schools.school_urn

)

select * from final
