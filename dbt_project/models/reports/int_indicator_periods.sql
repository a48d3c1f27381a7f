with

definitions as (

    select * from {{ ref('indicator') }}

),

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

reporting_periods as (

    select * from {{ ref('dim_reporting_period') }}

),

final as (

    select
        definitions.indicator_id,
        definitions.counted,
        definitions.counts,
        definitions.cadence,
        reporting_periods.as_at,
        reporting_periods.period,
        reporting_periods.starts_on

    from definitions
    inner join reporting_periods
        on {{ dbt.position("concat(' ', reporting_periods.period, ' ')", "concat(' ', definitions.periods, ' ')") }} > 0
    inner join reporting_dates
        on reporting_periods.as_at = reporting_dates.as_at
    where
        -- the night itself is for what is looked at every month
        case definitions.cadence
            when 'monthly' then true
            when 'quarterly' then reporting_dates.is_quarter_end
            when 'termly' then reporting_dates.is_term_end
            when 'annual' then reporting_dates.is_year_end
        end

)

select * from final
