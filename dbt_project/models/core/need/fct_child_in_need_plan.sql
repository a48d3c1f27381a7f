with

plans as (

    select * from {{ ref('int_child_in_need_plans_in_force') }}

),

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

final as (

    select
        -- identifiers
        plans.authority_code,
        plans.child_key,

        -- dates
        plans.started_on,
        plans.ended_on,
        {{ days_between('plans.started_on', 'plans.ended_on') }} as duration_days,
        plans.started_on > night.as_at as is_in_future,

        -- lineage
        plans.marks,
        plans.source_file,
        plans.source_row

    from plans
    cross join night

)

select * from final
