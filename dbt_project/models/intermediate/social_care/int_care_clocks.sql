{#- When the statutory clocks run out, by the day they start. The n-th working day after a day: the day itself does
    not count, nor do weekends and bank holidays in England.

    - Friday 31 March 2017 and 20 working days is Wednesday 3 May (Good Friday, Easter Monday, May Day).
    - Monday 5 December 2016 and 20 working days is Thursday 5 January (26 and 27 December, 2 January).
    - A day off starts no count: Saturday 1 April 2017 has the same end as Friday 31 March.
    - Care that began on 31 March 2011 was to be reviewed within four weeks, by 28 April; care that began on 1 April
      2011 within 20 working days, by 5 May (Good Friday, Easter Monday, the royal wedding and May Day).
    - The initial health assessment has 20 working days, and by the count of calendar days 28: from 31 March 2017 to
      28 April. It is to be asked for within five working days: by 7 April. -#}
with

days as (

    select * from {{ ref('dim_date') }}

),

working_days as (

    select
        date_day,
        working_day_number

    from days
    where is_working_day

),

final as (

    select
        days.date_day,
        case
            when days.date_day < cast('{{ var("review_working_days_from") }}' as date)
                then {{ add_days('days.date_day', var('first_review_due_weeks_until_2011') * 7) }}
            else review_days.date_day
        end as first_review_due_on,
        assessment_days.date_day as initial_health_assessment_due_on,
        {{ add_days('days.date_day', var('initial_health_assessment_due_calendar_days')) }}
            as initial_health_assessment_calendar_due_on,
        request_days.date_day as initial_health_assessment_request_due_on

    from days

    -- left: the calendar ends before the clocks of its last days do
    left join working_days as review_days
        on days.working_day_number + {{ var('first_review_due_working_days') }} = review_days.working_day_number
    left join working_days as assessment_days
        on days.working_day_number + {{ var('initial_health_assessment_due_working_days') }}
            = assessment_days.working_day_number
    left join working_days as request_days
        on days.working_day_number + {{ var('initial_health_assessment_request_due_working_days') }}
            = request_days.working_day_number

)

select * from final
