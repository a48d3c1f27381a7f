with

care_periods as (

    select * from {{ ref('fct_care_period') }}
    where not is_short_break

),

final as (

    select
        authority_code,
        started_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        cast(null as double) as measure

    from care_periods

)

select * from final
