with

journeys as (

    select * from {{ ref('fct_adoption_journey') }}
    where ended_on is not null

),

final as (

    select
        authority_code,
        ended_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        {{ days_between('decided_on', 'ended_on') }} as measure

    from journeys

)

select * from final
