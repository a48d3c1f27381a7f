with

allocations as (

    select * from {{ ref('fct_child_allocation') }}

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_three_or_more_social_workers then 1 else 0 end as in_numerator,
        social_worker_twelve_months_in_care_count as measure

    from allocations
    where is_three_or_more_social_workers is not null

)

select * from final
