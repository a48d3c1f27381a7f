with

assessments as (

    select * from {{ ref('fct_assessment') }}
    where
        working_days_taken is not null
        and not is_in_future

),

final as (

    select
        authority_code,
        authorised_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        working_days_taken as in_numerator,
        working_days_taken as measure

    from assessments

)

select * from final
