with

allocations as (

    select * from {{ ref('fct_allocation') }}

),

authorities as (

    select distinct authority_code

    from {{ ref('stg_warehouse__extracts') }}

),

workers as (

    select
        authority_code,
        worker_key,
        max(case when worker_role_code = 'social_worker' then 1 else 0 end) = 1 as is_social_worker,
        max(case when worker_role_code = 'personal_adviser' then 1 else 0 end) = 1 as is_personal_adviser,
        max(case when worker_role_code = 'iro' then 1 else 0 end) = 1 as is_reviewing_officer,
        min(started_on) as first_allocated_on,
        max(started_on) as last_allocated_on,
        -- one allocation that goes on and the worker is still there
        case when count(*) = count(ended_on) then max(ended_on) end as last_ended_on

    from allocations
    group by authority_code, worker_key

),

final as (

    select
        authority_code,
        worker_key,
        is_social_worker,
        is_personal_adviser,
        is_reviewing_officer,
        first_allocated_on,
        last_allocated_on,
        last_ended_on

    from workers

    union all

    select
        authority_code,
        cast(-1 as bigint) as worker_key,
        cast(null as boolean) as is_social_worker,
        cast(null as boolean) as is_personal_adviser,
        cast(null as boolean) as is_reviewing_officer,
        cast(null as date) as first_allocated_on,
        cast(null as date) as last_allocated_on,
        cast(null as date) as last_ended_on

    from authorities

)

select * from final
