with

referrals as (

    select * from {{ ref('fct_referral') }}
    where not is_in_future

),

final as (

    select
        authority_code,
        referred_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        days_since_previous_referral as measure

    from referrals

)

select * from final
