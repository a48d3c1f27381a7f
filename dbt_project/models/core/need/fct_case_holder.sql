{#- Of two social workers the one who came last; a personal adviser where there is no social worker. Worker 1 since
    2015, worker 2 since 1 March: on 31 March worker 2 holds the case. With both gone on 31 March (ended_on) it is the
    personal adviser's, if there is one. -#}
with

reporting_dates as (

    select as_at from {{ ref('dim_reporting_date') }}

),

allocations as (

    select * from {{ ref('fct_allocation') }}
    where worker_role_code in ('social_worker', 'personal_adviser')

),

final as (

    select
        -- identifiers
        allocations.authority_code,
        reporting_dates.as_at,
        allocations.child_key,

        -- who holds the case
        allocations.worker_role_code,
        allocations.worker_key,
        allocations.team_name,
        allocations.started_on as allocated_on

    from allocations
    inner join reporting_dates
        on {{ is_on('reporting_dates.as_at', 'allocations.started_on', 'allocations.ended_on') }}
    qualify {{ holds_the_case('allocations.authority_code, reporting_dates.as_at, allocations.child_key') }}

)

select * from final
