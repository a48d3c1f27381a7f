with

plans as (

    select * from {{ ref('fct_personal_education_plan') }}
    where
        is_completed
        and child_key <> {{ unknown_child_key() }}
        and has_child_views is not null

),

final as (

    select
        authority_code,
        completed_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when has_child_views and pupil_premium_planned > 0 then 1 else 0 end as in_numerator,
        cast(null as double) as measure

    from plans

)

select * from final
