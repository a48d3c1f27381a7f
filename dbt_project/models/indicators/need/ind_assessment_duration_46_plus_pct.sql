with

assessments as (

    select * from {{ ref('fct_assessment') }}
    where
        duration_band is not null
        and not is_in_future

),

final as (

    select
        authority_code,
        authorised_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when duration_band = '46 and over' then 1 else 0 end as in_numerator,
        working_days_taken as measure

    from assessments

)

select * from final
