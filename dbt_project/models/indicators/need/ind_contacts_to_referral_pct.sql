with

contacts as (

    select * from {{ ref('fct_contact') }}
    where
        is_referred is not null
        and not is_in_future

),

final as (

    select
        authority_code,
        contact_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_referred then 1 else 0 end as in_numerator,
        working_days_to_referral as measure

    from contacts

)

select * from final
