{#- As fct_child_allocation has it: of two social workers the one who came last. That has only children who are looked
    after or on a plan; the lists of work also ask for children in need without one. -#}
with

night as (

    select as_at from {{ ref('dim_reporting_date') }}
    where is_night

),

allocations as (

    select * from {{ ref('fct_allocation') }}
    where worker_role_code = 'social_worker'

),

final as (

    select
        allocations.authority_code,
        allocations.child_key,
        allocations.worker_key,
        allocations.team_name

    from allocations
    inner join night
        on {{ is_on('night.as_at', 'allocations.started_on', 'allocations.ended_on') }}
    qualify
        row_number() over (
            partition by allocations.authority_code, allocations.child_key
            order by allocations.started_on desc, allocations.worker_key asc
        ) = 1

)

select * from final
