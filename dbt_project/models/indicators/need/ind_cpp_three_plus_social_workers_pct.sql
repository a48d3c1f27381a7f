with

children as (

    select * from {{ ref('fct_child_allocation') }}
    where
        is_on_child_protection_plan
        and social_worker_twelve_months_count is not null

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when social_worker_twelve_months_count >= 3 then 1 else 0 end as in_numerator,
        social_worker_twelve_months_count as measure

    from children

)

select * from final
