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
        case when legal_status_code in ('L1', 'L2', 'L3') then 1 else 0 end as in_numerator,
        months_looked_after as measure

    from looked_after
    where legal_status_code <> 'unknown'

)

select * from final
