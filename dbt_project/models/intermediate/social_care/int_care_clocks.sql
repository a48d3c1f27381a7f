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
        assessment_days.date_day as initial_health_assessment_due_on

    from days

    -- left: the calendar ends before the clocks of its last days do
    left join working_days as review_days
        on days.working_day_number + {{ var('first_review_due_working_days') }} = review_days.working_day_number
    left join working_days as assessment_days
        on days.working_day_number + {{ var('initial_health_assessment_due_working_days') }}
            = assessment_days.working_day_number

)

select * from final
