with

spells as (

    select * from {{ ref('fct_missing_spell') }}
    where
        missing_code = 'A'
        and is_looked_after
        and not is_in_future

),

final as (

    select
        authority_code,
        started_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        days as measure

    from spells

)

select * from final
