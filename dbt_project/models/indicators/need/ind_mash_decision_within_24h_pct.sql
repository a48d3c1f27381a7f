with

referrals as (

    select * from {{ ref('fct_referral') }}
    where
        contact_on is not null
        and not is_in_future

),

final as (

    select
        authority_code,
        contact_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_decided_within_one_working_day then 1 else 0 end as in_numerator,
        working_days_from_contact as measure

    from referrals

)

select * from final
