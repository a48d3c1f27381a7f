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
        months_looked_after as measure

    from looked_after
    where placement_type_code in ('A3', 'A4', 'A5', 'A6')

)

select * from final
