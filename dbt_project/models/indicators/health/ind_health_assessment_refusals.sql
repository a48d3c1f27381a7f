with

assessments as (

    select * from {{ ref('fct_health_assessment') }}
    where
        outcome_code in ('refused', 'not_brought')
        and coalesce(seen_on, provider_due_on, requested_on) is not null

),

final as (

    select
        authority_code,
        coalesce(seen_on, provider_due_on, requested_on) as as_at,
        child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        cast(null as double) as measure

    from assessments

)

select * from final
