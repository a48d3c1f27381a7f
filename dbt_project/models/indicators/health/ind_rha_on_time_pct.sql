with

assessments as (

    select * from {{ ref('fct_health_assessment') }}
    where assessment_type_code = 'RHA' and is_done and is_on_time_for_provider is not null

),

final as (

    select
        authority_code,
        seen_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_on_time_for_provider then 1 else 0 end as in_numerator,
        cast({{ days_between('provider_due_on', 'seen_on') }} as double) as measure

    from assessments

)

select * from final
