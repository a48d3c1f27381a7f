with

care_periods as (

    select * from {{ ref('fct_care_period') }}

),

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

final as (

    select
        care_periods.authority_code,
        reporting_dates.as_at,
        care_periods.child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        {{ whole_months_looked_after('reporting_dates.as_at', 'care_periods.started_on') }} as measure

    from care_periods
    inner join reporting_dates
        on {{ is_on('reporting_dates.as_at', 'care_periods.started_on', 'care_periods.ended_on') }}

)

select * from final
