with

referrals as (

    select * from {{ ref('fct_referral') }}
    where
        is_no_further_action is not null
        and not is_in_future

),

final as (

    select
        authority_code,
        referred_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_no_further_action then 1 else 0 end as in_numerator,
        cast(null as double) as measure

    from referrals

)

select * from final
