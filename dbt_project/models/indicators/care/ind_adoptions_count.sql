with

care_periods as (

    select * from {{ ref('fct_care_period') }}
    where
        ended_on is not null
        and not is_short_break

),

end_reasons as (

    select * from {{ ref('dim_care_end_reason') }}

),

final as (

    select
        care_periods.authority_code,
        care_periods.ended_on as as_at,
        care_periods.child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        {{ days_between('care_periods.started_on', 'care_periods.ended_on') }} as measure

    from care_periods
    inner join end_reasons
        on care_periods.end_reason_code = end_reasons.end_reason_code
    where end_reasons.end_reason_group = 'Adopted'

)

select * from final
