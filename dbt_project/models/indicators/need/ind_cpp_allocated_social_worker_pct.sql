with

children as (

    select * from {{ ref('fct_child_allocation') }}
    where
        is_on_child_protection_plan
        and is_allocated is not null

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_allocated then 1 else 0 end as in_numerator,
        days_without_social_worker as measure

    from children

)

select * from final
