with

journeys as (

    select * from {{ ref('fct_adoption_journey') }}
    where
        adopted_on is not null
        and days_care_to_placed is not null

),

final as (

    select
        authority_code,
        adopted_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when placed_on < {{ add_months('entered_care_on', 16) }} then 1 else 0 end as in_numerator,
        days_care_to_placed as measure

    from journeys

)

select * from final
