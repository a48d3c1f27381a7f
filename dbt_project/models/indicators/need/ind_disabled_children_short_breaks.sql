with

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

final as (

    select
        periods.authority_code,
        reporting_dates.as_at,
        periods.child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        max({{ days_between('periods.started_on', 'reporting_dates.as_at') }}) as measure

    from {{ ref('fct_care_period') }} as periods
    inner join reporting_dates
        on {{ is_on('reporting_dates.as_at', 'periods.started_on', 'periods.ended_on') }}
    where periods.is_short_break
    group by periods.authority_code, reporting_dates.as_at, periods.child_key

)

select * from final
