with

factors as (

    select * from {{ ref('fct_assessment_factor') }}
    where
        factor_code = '13A'
        and authorised_on is not null

),

final as (

    select
        authority_code,
        authorised_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        cast(null as double) as measure

    from factors

)

select * from final
