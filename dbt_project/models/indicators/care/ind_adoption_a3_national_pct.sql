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

looked_after as (

    select * from {{ ref('fct_looked_after_child') }}

),

journeys as (

    select * from {{ ref('fct_adoption_journey') }}

),

newest_plans as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key,
        journeys.entered_care_on,
        journeys.ended_on,
        case when journeys.placed_on <= looked_after.as_at then journeys.placed_on end as placed_on

    from looked_after
    inner join journeys
        on looked_after.authority_code = journeys.authority_code
            and looked_after.child_key = journeys.child_key
            and looked_after.period_of_care_started_on = journeys.period_of_care_started_on
            and looked_after.as_at >= journeys.decided_on
    qualify
        row_number() over (
            partition by looked_after.authority_code, looked_after.as_at, looked_after.child_key
            order by journeys.decided_on desc
        ) = 1

),

in_process as (

    select
        authority_code,
        as_at,
        child_key,
        entered_care_on,
        placed_on

    from newest_plans
    where ended_on is null or ended_on > as_at

    union all

    select
        journeys.authority_code,
        reporting_dates.as_at,
        journeys.child_key,
        journeys.entered_care_on,
        journeys.placed_on

    from journeys
    inner join reporting_dates
        on journeys.adopted_on <= reporting_dates.as_at
            and journeys.adopted_on > {{ add_months('reporting_dates.as_at', -36) }}
    where journeys.days_care_to_placed is not null

),

final as (

    select
        in_process.authority_code,
        in_process.as_at,
        in_process.child_key as subject_key,
        1 as in_denominator,
        case
            when
                coalesce(in_process.placed_on, in_process.as_at)
                < {{ add_months('in_process.entered_care_on', 'reporting_dates.limit_months') }}
                then 1
            else 0
        end as in_numerator,
        {{ days_between('in_process.entered_care_on', 'coalesce(in_process.placed_on, in_process.as_at)') }} as measure

    from in_process
    inner join reporting_dates
        on in_process.as_at = reporting_dates.as_at

)

select * from final
