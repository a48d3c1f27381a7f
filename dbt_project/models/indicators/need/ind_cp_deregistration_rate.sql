with

plans as (

    select * from {{ ref('fct_child_protection_plan') }}
    where ended_on is not null

),

final as (

    select
        authority_code,
        ended_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        duration_days as measure

    from plans

)

select * from final
