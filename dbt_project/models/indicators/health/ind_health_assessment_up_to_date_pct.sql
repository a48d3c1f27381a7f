with

children as (

    select * from {{ ref('fct_looked_after_child_health') }}
    where is_health_assessment_up_to_date is not null

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_health_assessment_up_to_date then 1 else 0 end as in_numerator,
        cast({{ days_between('health_assessed_on', 'as_at') }} as double) as measure

    from children

)

select * from final
