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
        case when gcse_good_pass_count >= 5 and is_english_and_mathematics_good then 1 else 0 end as in_numerator,
        gcse_good_pass_count as measure

    from cohort

)

select * from final
