with

pupils as (

    select * from {{ ref('fct_absence_year_to_date') }}
    where
        is_school_age
        and is_persistently_absent is not null

),

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}
    where is_year_end

),

final as (

    select
        pupils.authority_code,
        pupils.as_at,
        pupils.pupil_key as subject_key,
        1 as in_denominator,
        case when pupils.is_persistently_absent then 1 else 0 end as in_numerator,
        pupils.absent_by_half_term_sessions as measure

    from pupils
    inner join reporting_dates
        on pupils.as_at = reporting_dates.as_at

)

select * from final
