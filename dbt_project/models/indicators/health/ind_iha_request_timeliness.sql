with

assessments as (

    select * from {{ ref('fct_health_assessment_due') }}
    where assessment_number = 1 and is_in_care_when_due and is_requested_on_time is not null

),

final as (

    select
        authority_code,
        due_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_requested_on_time then 1 else 0 end as in_numerator,
        cast({{ days_between('period_of_care_started_on', 'requested_on') }} as double) as measure

    from assessments

)

select * from final
