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
        case when is_in_placement_two_years then 1 else 0 end as in_numerator,
        months_looked_after as measure

    from looked_after
    where
        is_two_and_a_half_years
        and age < 16
        and is_in_placement_two_years is not null

)

select * from final
