with

assessments as (

    select * from {{ ref('fct_health_assessment_due') }}
    where
        assessment_number > 1
        and is_in_care_when_due
        and timeliness in ('on_time', 'late', 'overdue')

),

final as (

    select
        authority_code,
        latest_due_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when timeliness = 'on_time' then 1 else 0 end as in_numerator,
        cast({{ days_between('latest_due_on', 'seen_on') }} as double) as measure

    from assessments

)

select * from final
