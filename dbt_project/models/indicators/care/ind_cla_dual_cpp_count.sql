with

on_plans as (

    select * from {{ ref('fct_child_on_protection_plan') }}

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        days_on_plan as measure

    from on_plans
    where is_looked_after

)

select * from final
