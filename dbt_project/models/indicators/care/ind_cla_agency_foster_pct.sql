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
        case
            when placement_types.is_foster_placement and looked_after.provider_code in ('PR2', 'PR3', 'PR4', 'PR5')
                then 1
            else 0
        end as in_numerator,
        looked_after.months_looked_after as measure

    from looked_after
    inner join placement_types
        on looked_after.placement_type_code = placement_types.placement_type_code

)

select * from final
