{#- The quarter of schools where attendance is lowest: of nine schools the three lowest, of eight two. Schools that lie
    in the authority, or of which nobody says where; pupils of school age as each school recorded them, guests left out.
    Schools of equal attendance are told apart by their number, so that the quarter is the same each time. -#}
with

enrolments as (

    select * from {{ ref('fct_enrolment_absence_year_to_date') }}
    where is_school_age and enrolment_status_code <> 'G'

),

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

schools as (

    select * from {{ ref('dim_school') }}
    where coalesce(located_in_authority_code, authority_code) = authority_code

),

added as (

    select
        enrolments.authority_code,
        enrolments.as_at,
        enrolments.school_urn,
        count(*) as pupil_count,
        sum(enrolments.possible_sessions) as possible_sessions,
        sum(enrolments.absent_sessions) as absent_sessions

    from enrolments
    inner join reporting_dates
        on enrolments.as_at = reporting_dates.as_at
    inner join schools
        on enrolments.authority_code = schools.authority_code
            and enrolments.school_urn = schools.school_urn
    where enrolments.possible_sessions > 0
    group by enrolments.authority_code, enrolments.as_at, enrolments.school_urn

),

ranked as (

    select
        added.*,
        row_number() over (
            partition by authority_code, as_at
            order by cast(absent_sessions as double) / possible_sessions desc, school_urn asc
        ) as absence_rank,
        count(*) over (partition by authority_code, as_at) as school_count

    from added

),

final as (

    select
        authority_code,
        as_at,
        school_urn,
        cast(pupil_count as integer) as pupil_count,
        cast(possible_sessions as integer) as possible_sessions,
        cast(absent_sessions as integer) as absent_sessions,
        cast(absence_rank as integer) as absence_rank,
        (absence_rank - 1) * 4 < school_count as is_lowest_attendance_quarter

    from ranked

)

select * from final
