with

placements as (

    select * from {{ ref('fct_placement') }}
    where
        counts_as_placement
        and placement_type_code in ('K1', 'K2', 'R1', 'S1')
        and provider_code = 'PR4'

),

final as (

    select
        authority_code,
        started_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        nights as measure

    from placements

)

select * from final
