with

cohort as (

    select * from {{ ref('fct_key_stage_cohort') }}
    where
        is_twelve_months
        and stage_code = 'KS4'

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        cast(100 * cast(coalesce(attainment_8_score, 0) as decimal(9, 2)) as bigint) as in_numerator,
        coalesce(attainment_8_score, 0) as measure

    from cohort

)

select * from final
