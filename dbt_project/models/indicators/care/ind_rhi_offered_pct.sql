with

interviews as (

    select * from {{ ref('fct_return_interview') }}
    where
        returned_at is not null
        and is_offered is not null

),

final as (

    select
        authority_code,
        cast(returned_at as date) as as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_offered then 1 else 0 end as in_numerator,
        cast(null as double) as measure

    from interviews

)

select * from final
