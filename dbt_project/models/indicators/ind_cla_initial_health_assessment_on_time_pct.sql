with

care_periods as (

    select * from {{ ref('fct_care_period') }}
    where not is_short_break

),

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

days as (

    select * from {{ ref('dim_date') }}

),

assessments as (

    select * from {{ ref('fct_health_assessment') }}
    where is_done and assessment_type_code = 'IHA'

),

due as (

    select
        care_periods.authority_code,
        care_periods.child_key,
        care_periods.started_on,
        due_days.date_day as due_on

    from care_periods
    inner join days as first_days
        on care_periods.started_on = first_days.date_day
    inner join days as due_days
        on due_days.is_working_day
            and due_days.working_day_number
            = first_days.working_day_number + {{ var('initial_health_assessment_due_working_days') }}
    -- who has left before the day owes no assessment
    where {{ is_on('due_days.date_day', 'care_periods.started_on', 'care_periods.ended_on') }}

),

judged as (

    select
        due.authority_code,
        due.child_key,
        due.due_on,
        max(case when assessments.seen_on <= due.due_on then 1 else 0 end) as is_on_time

    from due

    -- left: a child without an assessment is the one we look for
    left join assessments
        on due.authority_code = assessments.authority_code
            and due.child_key = assessments.child_key
            and due.started_on <= assessments.seen_on
    group by due.authority_code, due.child_key, due.due_on

),

final as (

    select
        judged.authority_code,
        reporting_dates.as_at,
        judged.child_key as subject_key,
        -- a child who came into care twice owes two
        count(*) as in_denominator,
        sum(judged.is_on_time) as in_numerator,
        count(*) - sum(judged.is_on_time) as measure

    from judged
    inner join reporting_dates
        on judged.due_on between reporting_dates.financial_year_starts_on and reporting_dates.as_at
    group by judged.authority_code, reporting_dates.as_at, judged.child_key

)

select * from final
