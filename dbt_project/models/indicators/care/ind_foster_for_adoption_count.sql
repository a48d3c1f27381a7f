with

placements as (

    select * from {{ ref('fct_placement') }}
    where
        placement_type_code in ('U2', 'U5')
        and not is_return_from_temporary

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
