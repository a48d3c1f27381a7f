with

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

journeys as (

    select * from {{ ref('fct_adoption_journey') }}
    where days_order_to_match is not null

),

final as (

    select
        journeys.authority_code,
        reporting_dates.as_at,
        journeys.child_key as subject_key,
        1 as in_denominator,
        journeys.days_order_to_match as in_numerator,
        journeys.days_order_to_match as measure

    from journeys
    inner join reporting_dates
        on journeys.adopted_on <= reporting_dates.as_at
            and journeys.adopted_on > {{ add_months('reporting_dates.as_at', -36) }}

)

select * from final
