with

months as (

    select * from {{ ref('fct_attendance_pupil_month') }}

),

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

final as (

    select
        months.authority_code,
        reporting_dates.as_at,
        'school_year_to_date' as period,
        months.pupil_key as subject_key,
        cast(sum(months.possible_sessions) as bigint) as in_denominator,
        cast(sum(months.present_sessions) as bigint) as in_numerator,
        cast(sum(months.present_sessions) as double) * 100 / nullif(sum(months.possible_sessions), 0) as measure

    from months
    inner join reporting_dates
        on months.session_month between reporting_dates.school_year_starts_on and reporting_dates.as_at
    group by months.authority_code, reporting_dates.as_at, months.pupil_key

)

select * from final
