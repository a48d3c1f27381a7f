with

care_leavers as (

    select * from {{ ref('fct_care_leaver') }}
    where
        is_supported
        and coalesce(eligibility_code, recorded_eligibility_code) <> 'qualifying'
        and in_touch_code <> 'NREQ'

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_in_touch_within_eight_weeks then 1 else 0 end as in_numerator,
        days_since_in_touch as measure

    from care_leavers

)

select * from final
