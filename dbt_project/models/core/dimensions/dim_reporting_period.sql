with

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

periods as (

    select
        'snapshot' as period,
        as_at,
        as_at as starts_on

    from reporting_dates
    -- a month or a quarter is told of when it is over
    union all
    select
        'month' as period,
        as_at,
        {{ add_months(add_days('as_at', 1), -1) }} as starts_on

    from reporting_dates
    where is_month_end
    union all
    select
        'quarter' as period,
        as_at,
        {{ add_months(add_days('as_at', 1), -3) }} as starts_on

    from reporting_dates
    where is_quarter_end
    union all
    select
        'year_to_date' as period,
        as_at,
        financial_year_starts_on as starts_on

    from reporting_dates
    union all
    select
        'school_year_to_date' as period,
        as_at,
        school_year_starts_on as starts_on

    from reporting_dates
    union all
    select
        'rolling_12_months' as period,
        as_at,
        twelve_months_from as starts_on

    from reporting_dates

),

final as (

    select
        as_at,
        period,
        starts_on

    from periods

)

select * from final
