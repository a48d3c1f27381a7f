with

care_periods as (

    select * from {{ ref('fct_care_period') }}
    where not is_short_break

),

initial as (

    select * from {{ ref('fct_health_assessment_due') }}
    where assessment_number = 1

),

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

started as (

    select
        care_periods.authority_code,
        reporting_dates.as_at,
        care_periods.child_key,
        {{ days_between('care_periods.started_on', 'initial.seen_on') }} as days_to_assessment,
        initial.seen_on <= initial.calendar_due_on as is_in_time

    from care_periods
    inner join reporting_dates
        on care_periods.started_on between reporting_dates.financial_year_starts_on and reporting_dates.as_at

    -- left: who left before it was due and was not seen owes none and counts here
    left join initial
        on care_periods.authority_code = initial.authority_code
            and care_periods.child_key = initial.child_key
            and care_periods.started_on = initial.period_of_care_started_on
            and reporting_dates.as_at >= initial.seen_on

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        cast(count(*) as integer) as in_denominator,
        cast(sum(case when is_in_time then 1 else 0 end) as integer) as in_numerator,
        cast(max(days_to_assessment) as double) as measure

    from started
    group by authority_code, as_at, child_key

)

select * from final
