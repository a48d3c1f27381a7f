with

interviews as (

    select * from {{ ref('fct_return_interview') }}
    where is_held

),

final as (

    select
        authority_code,
        cast(interviewed_at as date) as as_at,
        child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        hours_to_interview as measure

    from interviews

)

select * from final
