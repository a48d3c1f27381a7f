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
        case when placements_in_year_count >= 3 then 1 else 0 end as in_numerator,
        placements_in_year_count as measure

    from looked_after

)

select * from final
