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
        case when is_in_authority then 0 else 1 end as in_numerator,
        months_looked_after as measure

    from looked_after
    where is_in_authority is not null

)

select * from final
