with

legal_status_spells as (

    select * from {{ ref('fct_legal_status_spell') }}

),

final as (

    select
        authority_code,
        started_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        nights as measure

    from legal_status_spells
    where legal_status_code in ('L1', 'L2')

)

select * from final
