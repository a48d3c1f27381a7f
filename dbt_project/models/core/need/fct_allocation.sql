{#- The operational list is heard first: it has every role, the team, and comes every night. The return of looked-after
    children (from 2024) names its workers by registration number, which need not be the id of the operational list, so
    the two are never mixed for one child, or a worker under two ids would count twice:
      the child has a social worker in allocations.csv       the return's social workers of the child are left out
      the child has none there                               the return's are taken
    Why the worker changed is in the return only; it meets the allocation on the child and the day. -#}
with

listed as (

    select *

    from {{ of_children(ref('stg_social_care__allocations'), 'social_care') }}
    qualify
        row_number() over (
            partition by authority_code, child_key, worker_role_code, worker_key, started_on
            order by stamp desc, source_file desc, source_row desc
        ) = 1

),

returned as (

    select * from {{ ref('int_social_workers_in_force') }}

),

with_social_worker as (

    select distinct
        authority_code,
        child_key

    from listed
    where worker_role_code = 'social_worker'

),

change_reasons as (

    select
        authority_code,
        child_key,
        'social_worker' as worker_role_code,
        started_on,
        max(change_reason_code) as change_reason_code

    from returned
    group by authority_code, child_key, started_on

),

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

allocations as (

    select
        listed.authority_code,
        listed.child_key,
        listed.worker_role_code,
        listed.worker_key,
        listed.started_on,
        listed.ended_on,
        listed.team_name,
        change_reasons.change_reason_code,
        'allocations' as source_dataset,
        listed.marks,
        listed.source_file,
        listed.source_row

    from listed

    -- left: the return knows only social workers of looked-after children
    left join change_reasons
        on listed.authority_code = change_reasons.authority_code
            and listed.child_key = change_reasons.child_key
            and listed.worker_role_code = change_reasons.worker_role_code
            and listed.started_on = change_reasons.started_on

    union all

    select
        returned.authority_code,
        returned.child_key,
        'social_worker' as worker_role_code,
        returned.worker_key,
        returned.started_on,
        returned.ended_on,
        cast(null as {{ dbt.type_string() }}) as team_name,
        returned.change_reason_code,
        'ssda903_sw_episodes' as source_dataset,
        returned.marks,
        returned.source_file,
        returned.source_row

    from returned

    -- left: kept where the operational list names no social worker of the child
    left join with_social_worker
        on returned.authority_code = with_social_worker.authority_code
            and returned.child_key = with_social_worker.child_key
    where with_social_worker.child_key is null

),

final as (

    select
        -- identifiers
        allocations.authority_code,
        allocations.child_key,
        allocations.worker_role_code,
        allocations.worker_key,

        -- dates
        allocations.started_on,
        allocations.ended_on,
        allocations.started_on > night.as_at as is_in_future,

        -- who and why
        {{ or_unknown('allocations.team_name') }} as team_name,
        allocations.change_reason_code,

        -- lineage
        allocations.source_dataset,
        allocations.marks,
        allocations.source_file,
        allocations.source_row

    from allocations
    cross join night

)

select * from final
