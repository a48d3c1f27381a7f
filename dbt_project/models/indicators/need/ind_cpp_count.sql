with

children as (

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

    from children

)

select * from final
