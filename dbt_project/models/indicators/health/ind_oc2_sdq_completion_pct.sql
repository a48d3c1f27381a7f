with

answers as (

    select * from {{ ref('fct_health_return') }}
    where is_eligible_for_sdq and (sdq_score is not null or sdq_reason_code is not null)

),

looked_after as (

    select * from {{ ref('fct_looked_after_child') }}
    where is_twelve_months

),

final as (

    select
        answers.authority_code,
        looked_after.as_at,
        answers.child_key as subject_key,
        1 as in_denominator,
        case when answers.sdq_band_code is not null then 1 else 0 end as in_numerator,
        cast(answers.sdq_score as double) as measure

    from answers
    inner join looked_after
        on answers.authority_code = looked_after.authority_code
            and answers.child_key = looked_after.child_key
            and answers.year_ends_on = looked_after.as_at

)

select * from final
