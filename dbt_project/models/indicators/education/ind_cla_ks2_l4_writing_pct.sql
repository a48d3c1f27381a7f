with

cohort as (

    select * from {{ ref('fct_key_stage_cohort') }}
    where
        is_twelve_months
        and stage_code = 'KS2'

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_writing_reached then 1 else 0 end as in_numerator,
        cast(null as double) as measure

    from cohort

)

select * from final
