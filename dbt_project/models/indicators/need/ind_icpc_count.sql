with

conferences as (

    select * from {{ ref('fct_conference') }}
    where not is_in_future

),

final as (

    select
        authority_code,
        conference_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        working_days_from_enquiry as measure

    from conferences

)

select * from final
