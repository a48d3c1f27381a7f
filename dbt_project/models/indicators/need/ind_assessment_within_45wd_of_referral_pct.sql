with

assessments as (

    select * from {{ ref('fct_assessment') }}
    where
        is_on_time is not null
        and working_days_from_referral is not null
        and not is_in_future

),

final as (

    select
        authority_code,
        authorised_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when working_days_from_referral <= 45 then 1 else 0 end as in_numerator,
        working_days_from_referral as measure

    from assessments

)

select * from final
