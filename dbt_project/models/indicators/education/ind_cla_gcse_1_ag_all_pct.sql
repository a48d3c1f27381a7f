with

cohort as (

    select * from {{ ref('fct_key_stage_cohort') }}
    where stage_code = 'KS4'

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when gcse_pass_count >= 1 then 1 else 0 end as in_numerator,
        gcse_pass_count as measure

    from cohort

)

select * from final
