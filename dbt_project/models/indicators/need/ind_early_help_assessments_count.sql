with

assessments as (

    select * from {{ ref('fct_early_help_assessment') }}
    where completed_on is not null

),

final as (

    select
        authority_code,
        completed_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        duration_days as measure

    from assessments

)

select * from final
