with

referrals as (

    select * from {{ ref('fct_referral') }}
    where
        is_assessed is not null
        and not is_in_future

),

final as (

    select
        authority_code,
        referred_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_assessed then 1 else 0 end as in_numerator,
        {{ days_between('referred_on', 'first_assessment_started_on') }} as measure

    from referrals

)

select * from final
