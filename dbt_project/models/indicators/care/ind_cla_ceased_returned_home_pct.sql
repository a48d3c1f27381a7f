with

care_periods as (

    select * from {{ ref('fct_care_period') }}
    where
        ended_on is not null
        and not is_short_break

),

final as (

    select
        authority_code,
        ended_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when end_reason_group = 'Returned home' then 1 else 0 end as in_numerator,
        {{ days_between('started_on', 'ended_on') }} as measure

    from care_periods

)

select * from final
