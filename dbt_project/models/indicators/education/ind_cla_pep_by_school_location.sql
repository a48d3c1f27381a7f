with

pupils as (

    select * from {{ ref('fct_looked_after_pupil') }}
    where
        is_plan_up_to_date is not null
        and not is_school_in_authority

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_plan_up_to_date then 1 else 0 end as in_numerator,
        cast(null as double) as measure

    from pupils

)

select * from final
