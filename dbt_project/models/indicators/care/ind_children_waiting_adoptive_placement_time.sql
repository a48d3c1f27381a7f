with

looked_after as (

    select * from {{ ref('fct_looked_after_child') }}

),

journeys as (

    select * from {{ ref('fct_adoption_journey') }}

),

final as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key as subject_key,
        1 as in_denominator,
        {{ days_between('journeys.decided_on', 'looked_after.as_at') }} as in_numerator,
        {{ days_between('journeys.decided_on', 'looked_after.as_at') }} as measure

    from looked_after
    inner join journeys
        on looked_after.authority_code = journeys.authority_code
            and looked_after.child_key = journeys.child_key
            and looked_after.period_of_care_started_on = journeys.period_of_care_started_on
            and {{ is_on('looked_after.as_at', 'journeys.decided_on', 'journeys.ended_on') }}
            and {{ is_on('looked_after.as_at', 'journeys.decided_on', 'journeys.placed_on') }}

)

select * from final
