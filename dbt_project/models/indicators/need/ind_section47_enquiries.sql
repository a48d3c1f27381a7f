with

enquiries as (

    select * from {{ ref('fct_section47_enquiry') }}
    where not is_in_future

),

final as (

    select
        authority_code,
        started_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        working_days_to_conference as measure

    from enquiries

)

select * from final
