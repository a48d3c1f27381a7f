with

pupils as (

    select * from {{ ref('fct_absence_year_to_date') }}
    where
        is_school_age
        and possible_sessions > 0

),

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}
    where is_term_end

),

final as (

    select
        pupils.authority_code,
        pupils.as_at,
        pupils.pupil_key as subject_key,
        pupils.possible_sessions as in_denominator,
        pupils.unauthorised_absence_sessions as in_numerator,
        cast(pupils.unauthorised_absence_sessions as double) * 100 / pupils.possible_sessions as measure

    from pupils
    inner join reporting_dates
        on pupils.as_at = reporting_dates.as_at

)

select * from final
