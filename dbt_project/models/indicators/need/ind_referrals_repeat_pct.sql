with

referrals as (

    select * from {{ ref('fct_referral') }}
    where
        is_repeat_within_12_months is not null
        and not is_in_future

),

final as (

    select
        authority_code,
        referred_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_repeat_within_12_months then 1 else 0 end as in_numerator,
        days_since_previous_referral as measure

    from referrals

)

select * from final
