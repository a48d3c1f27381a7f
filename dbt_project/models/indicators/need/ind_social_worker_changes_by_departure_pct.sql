with

allocations as (

    select * from {{ ref('fct_allocation') }}
    where
        worker_role_code = 'social_worker'
        and change_reason_code is not null
        and change_reason_code <> 'FCONTA'
        and not is_in_future

),

final as (

    select
        authority_code,
        started_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when change_reason_code = 'LEFTRL' then 1 else 0 end as in_numerator,
        cast(null as double) as measure

    from allocations

)

select * from final
