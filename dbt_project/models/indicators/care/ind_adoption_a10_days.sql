with

journeys as (

    select * from {{ ref('fct_adoption_journey') }}
    where
        adopted_on is not null
        and days_care_to_moved_in is not null

),

final as (

    select
        authority_code,
        adopted_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        days_care_to_moved_in as in_numerator,
        days_care_to_moved_in as measure

    from journeys

)

select * from final
