with

reporting_dates as (

    select
        *,
        case
            {%- for limit in var('adoption_scorecard_months') | sort(attribute='first_collection_year', reverse=true) %}
                when collection_year >= {{ limit.first_collection_year }} then {{ limit.months }}
            {%- endfor %}
        end as limit_months

    from {{ ref('dim_reporting_date') }}

),

journeys as (

    select * from {{ ref('fct_adoption_journey') }}

),

care_periods as (

    select * from {{ ref('fct_care_period') }}

),

-- A plan in force on the day, or an adoption of the three years.
in_process as (

    select
        journeys.authority_code,
        reporting_dates.as_at,
        journeys.child_key,
        reporting_dates.limit_months,
        journeys.entered_care_on,
        case when journeys.placed_on <= reporting_dates.as_at then journeys.placed_on end as placed_on

    from journeys
    inner join care_periods
        on journeys.authority_code = care_periods.authority_code
            and journeys.child_key = care_periods.child_key
            and journeys.period_of_care_started_on = care_periods.started_on
    inner join reporting_dates
        on (
            journeys.adopted_on <= reporting_dates.as_at
            and journeys.adopted_on > {{ add_months('reporting_dates.as_at', -36) }}
            and journeys.placed_on is not null
        )
        or (
            journeys.decided_on <= reporting_dates.as_at
            and {{ is_on('reporting_dates.as_at', 'journeys.decided_on', 'journeys.ended_on') }}
            and {{ is_on('reporting_dates.as_at', 'care_periods.started_on', 'care_periods.ended_on') }}
        )

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case
            when coalesce(placed_on, as_at) < {{ add_months('entered_care_on', 'limit_months') }} then 1
            else 0
        end as in_numerator,
        {{ days_between('entered_care_on', 'coalesce(placed_on, as_at)') }} as measure

    from in_process

)

select * from final
