with

children as (

    select * from {{ ref('fct_child_on_protection_plan') }}
    where is_reviewed_on_time is not null

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_reviewed_on_time then 1 else 0 end as in_numerator,
        days_on_plan as measure

    from children

)

select * from final
