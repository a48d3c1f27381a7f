with

plans as (

    select * from {{ ref('fct_child_protection_plan') }}
    where
        is_second_or_subsequent is not null
        and not is_in_future

),

final as (

    select
        authority_code,
        started_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_second_or_subsequent then 1 else 0 end as in_numerator,
        cast(null as double) as measure

    from plans

)

select * from final
