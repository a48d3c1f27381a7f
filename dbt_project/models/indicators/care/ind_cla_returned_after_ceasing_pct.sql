with

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

care_periods as (

    select * from {{ ref('fct_care_period') }}
    where not is_short_break

),

left_care as (

    select
        care_periods.authority_code,
        reporting_dates.as_at,
        care_periods.child_key,
        min(care_periods.ended_on) as first_left_on

    from care_periods
    inner join reporting_dates
        on care_periods.ended_on between reporting_dates.twelve_months_from and reporting_dates.as_at
    group by care_periods.authority_code, reporting_dates.as_at, care_periods.child_key

),

final as (

    select
        left_care.authority_code,
        left_care.as_at,
        left_care.child_key as subject_key,
        1 as in_denominator,
        max(case when care_periods.started_on <= left_care.as_at then 1 else 0 end) as in_numerator,
        {{ days_between('left_care.first_left_on', 'min(care_periods.started_on)') }} as measure

    from left_care

    -- left: most do not come back
    left join care_periods
        on left_care.authority_code = care_periods.authority_code
            and left_care.child_key = care_periods.child_key
            and left_care.first_left_on < care_periods.started_on
            and left_care.as_at >= care_periods.started_on
    group by left_care.authority_code, left_care.as_at, left_care.child_key, left_care.first_left_on

)

select * from final
