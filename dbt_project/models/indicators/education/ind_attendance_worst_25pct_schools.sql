with

schools as (

    select * from {{ ref('fct_school_absence') }}
    where is_lowest_attendance_quarter

),

pupils as (

    select * from {{ ref('fct_enrolment_absence_year_to_date') }}
    where
        is_school_age
        and enrolment_status_code <> 'G'
        and possible_sessions > 0

),

term_ends as (

    select * from {{ ref('dim_reporting_date') }}
    where is_term_end

),

final as (

    select
        pupils.authority_code,
        pupils.as_at,
        pupils.pupil_key as subject_key,
        cast(sum(pupils.possible_sessions) as bigint) as in_denominator,
        cast(sum(pupils.present_sessions) as bigint) as in_numerator,
        cast(sum(pupils.present_sessions) as double) * 100 / sum(pupils.possible_sessions) as measure

    from pupils
    inner join term_ends
        on pupils.as_at = term_ends.as_at
    inner join schools
        on pupils.authority_code = schools.authority_code
            and pupils.as_at = schools.as_at
            and pupils.school_urn = schools.school_urn
    group by pupils.authority_code, pupils.as_at, pupils.pupil_key

)

select * from final
