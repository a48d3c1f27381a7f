with

looked_after as (

    select * from {{ ref('fct_looked_after_child') }}

),

placement_types as (

    select * from {{ ref('dim_placement_type') }}

),

final as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key as subject_key,
        1 as in_denominator,
        case when looked_after.distance_band in ('over_20_to_50', 'over_50') then 1 else 0 end as in_numerator,
        looked_after.months_looked_after as measure

    from looked_after
    inner join placement_types
        on looked_after.underlying_placement_type_code = placement_types.placement_type_code
    where
        looked_after.distance_band not in ('unaccompanied', 'unknown')
        and placement_types.placement_group not in ('Placed for adoption', 'Placed with parents')

)

select * from final
