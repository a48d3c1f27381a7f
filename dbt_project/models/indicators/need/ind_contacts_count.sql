with

contacts as (

    select * from {{ ref('fct_contact') }}
    where not is_in_future

),

final as (

    select
        authority_code,
        contact_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        working_days_to_referral as measure

    from contacts

)

select * from final
