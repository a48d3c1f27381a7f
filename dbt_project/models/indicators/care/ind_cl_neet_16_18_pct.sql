with

young_people as (

    select * from {{ ref('fct_care_leaver') }}
    where
        age between 16 and 18
        and coalesce(is_in_population, true)
        and is_in_education_employment_training is not null
        and coalesce(eligibility_code, recorded_eligibility_code)
        in ('eligible', 'relevant', 'former_relevant', 'qualifying')

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_in_education_employment_training then 0 else 1 end as in_numerator,
        days_since_contact as measure

    from young_people

)

select * from final
