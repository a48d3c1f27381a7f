with

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

final as (

    select
        allocations.authority_code,
        reporting_dates.as_at,
        allocations.worker_key as subject_key,
        1 as in_denominator,
        count(distinct allocations.child_key) as in_numerator,
        count(distinct allocations.child_key) as measure

    from {{ ref('fct_allocation') }} as allocations
    inner join reporting_dates
        on {{ is_on('reporting_dates.as_at', 'allocations.started_on', 'allocations.ended_on') }}
    where
        allocations.worker_role_code = 'social_worker'
        and allocations.source_dataset = 'allocations'
    group by allocations.authority_code, reporting_dates.as_at, allocations.worker_key

)

select * from final
