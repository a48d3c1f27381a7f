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

on_day as (

    select * from {{ ref('indicator_row') }}
    where counted = 'on_day'

),

events as (

    select * from {{ ref('indicator_row') }}
    where counted = 'by_event'

),

-- The periods each indicator is published for, on the dates it has rows for.
published as (

    select
        definitions.indicator_id,
        definitions.counted,
        definitions.counts,
        reporting_periods.as_at,
        reporting_periods.period,
        reporting_periods.starts_on

    from definitions
    inner join reporting_periods
        on {{ dbt.position("concat(' ', reporting_periods.period, ' ')", "concat(' ', definitions.periods, ' ')") }} > 0
    inner join reporting_dates
        on reporting_periods.as_at = reporting_dates.as_at
    where {{ is_reported('definitions.cadence', 'reporting_dates') }}

),

on_their_day as (

    select
        on_day.indicator_id,
        on_day.authority_code,
        on_day.as_at,
        published.period,
        on_day.subject_key,
        on_day.in_denominator,
        on_day.in_numerator,
        on_day.measure

    from on_day
    inner join published
        on on_day.indicator_id = published.indicator_id
            and on_day.as_at = published.as_at

),

in_their_periods as (

    select
        events.indicator_id,
        events.authority_code,
        published.as_at,
        published.period,
        events.subject_key,
        case when max(published.counts) = 'subjects' then max(events.in_denominator) else sum(events.in_denominator) end
            as in_denominator,
        case when max(published.counts) = 'subjects' then max(events.in_numerator) else sum(events.in_numerator) end
            as in_numerator,
        -- of several events there is no one figure that decided
        case when count(*) = 1 then max(events.measure) end as measure

    from events
    inner join published
        on events.indicator_id = published.indicator_id
            and events.as_at between published.starts_on and published.as_at
    group by events.indicator_id, events.authority_code, published.as_at, published.period, events.subject_key

),

subjects as (

    select * from on_their_day
    union all
    select * from in_their_periods

),

final as (

    select
        indicator_id,
        authority_code,
        as_at,
        period,
        subject_key,
        cast(in_denominator as bigint) as in_denominator,
        cast(in_numerator as bigint) as in_numerator,
        measure

    from subjects

)

select * from final
