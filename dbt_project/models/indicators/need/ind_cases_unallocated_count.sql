with

children as (

    select * from {{ ref('fct_child_allocation') }}
    where is_allocated = false

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        days_without_social_worker as measure

    from children

)

select * from final
