with

conferences as (

    select * from {{ ref('fct_conference') }}
    where
        is_on_time is not null
        and not is_in_future

),

final as (

    select
        authority_code,
        conference_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_on_time then 1 else 0 end as in_numerator,
        working_days_from_enquiry as measure

    from conferences

)

select * from final
