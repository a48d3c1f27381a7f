with

journeys as (

    select * from {{ ref('fct_adoption_journey') }}
    where
        adopted_on is not null
        and days_order_to_match is not null

),

final as (

    select
        authority_code,
        adopted_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        days_order_to_match as in_numerator,
        days_order_to_match as measure

    from journeys

)

select * from final
