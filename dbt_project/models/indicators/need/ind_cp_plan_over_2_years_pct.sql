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
        case when duration_band = 'two_years_or_more' then 1 else 0 end as in_numerator,
        duration_days as measure

    from plans

)

select * from final
