with

looked_after as (

    select * from {{ ref('fct_looked_after_child') }}

),

journeys as (

    select * from {{ ref('fct_adoption_journey') }}
    where not {{ has_mark('marks', 'BEFORE-BIRTH') }}

),

newest_plans as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key,
        journeys.decided_on,
        journeys.ended_on,
        journeys.placed_on

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

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        {{ days_between('decided_on', 'as_at') }} as in_numerator,
        {{ days_between('decided_on', 'as_at') }} as measure

    from newest_plans
    where
        {{ is_on('as_at', 'decided_on', 'ended_on') }}
        and {{ is_on('as_at', 'decided_on', 'placed_on') }}

)

select * from final
