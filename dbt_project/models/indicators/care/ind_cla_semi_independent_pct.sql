with

looked_after as (

    select * from {{ ref('fct_looked_after_child') }}

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when placement_type_code in ('H5', 'K3', 'P2') then 1 else 0 end as in_numerator,
        months_looked_after as measure

    from looked_after

)

select * from final
