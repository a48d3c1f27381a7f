with

assessments as (

    select * from {{ ref('fct_health_assessment') }}
    where assessment_type_code = 'IHA' and is_done

),

final as (

    select
        authority_code,
        seen_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        cast(null as double) as measure

    from assessments

)

select * from final
