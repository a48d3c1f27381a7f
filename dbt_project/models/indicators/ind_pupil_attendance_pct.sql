with

pupils as (

    select * from {{ ref('fct_absence_year_to_date') }}

),

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

final as (

    select
        pupils.authority_code,
        pupils.as_at,
        pupils.pupil_key as subject_key,
        cast(pupils.possible_sessions as bigint) as in_denominator,
        cast(pupils.present_sessions as bigint) as in_numerator,
        cast(pupils.present_sessions as double) * 100 / nullif(pupils.possible_sessions, 0) as measure

    from pupils
    inner join reporting_dates
        on pupils.as_at = reporting_dates.as_at

)

select * from final
