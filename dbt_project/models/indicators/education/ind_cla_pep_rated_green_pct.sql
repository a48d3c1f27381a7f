with

plans as (

    select * from {{ ref('fct_personal_education_plan') }}
    where
        is_completed
        and child_key <> {{ unknown_child_key() }}
        and quality_code <> 'unknown'

),

final as (

    select
        authority_code,
        completed_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when quality_code = 'green' then 1 else 0 end as in_numerator,
        cast(null as double) as measure

    from plans

)

select * from final
