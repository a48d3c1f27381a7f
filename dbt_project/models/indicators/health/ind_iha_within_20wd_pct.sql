with

assessments as (

    select * from {{ ref('fct_health_assessment') }}
    where assessment_type_code = 'IHA' and is_done and is_on_time_from_request is not null

),

final as (

    select
        authority_code,
        seen_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_on_time_from_request then 1 else 0 end as in_numerator,
        cast(working_days_request_to_seen as double) as measure

    from assessments

)

select * from final
