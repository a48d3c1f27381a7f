with

care_leavers as (

    select * from {{ ref('fct_care_leaver') }}
    where is_supported

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_in_education_employment_training then 1 else 0 end as in_numerator,
        days_since_contact as measure

    from care_leavers

)

select * from final
