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
        1 as in_numerator,
        placements_in_twelve_months_count as measure

    from looked_after
    where placements_in_twelve_months_count >= 5

)

select * from final
