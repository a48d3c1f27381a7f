with

conferences as (

    select * from {{ ref('fct_conference') }}
    where
        is_plan_made is not null
        and not is_in_future

),

final as (

    select
        authority_code,
        conference_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_plan_made then 1 else 0 end as in_numerator,
        cast(null as double) as measure

    from conferences

)

select * from final
