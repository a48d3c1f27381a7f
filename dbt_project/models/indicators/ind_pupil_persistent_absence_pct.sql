with

months as (

    select * from {{ ref('fct_attendance_pupil_month') }}

),

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

pupils as (

    select
        months.authority_code,
        reporting_dates.as_at,
        months.pupil_key,
        cast(sum(months.possible_sessions) as bigint) as possible_sessions,
        cast(
            sum(months.authorised_absence_sessions + months.unauthorised_absence_sessions) as bigint
        ) as absent_sessions

    from months
    inner join reporting_dates
        on months.session_month between reporting_dates.school_year_starts_on and reporting_dates.as_at
    group by months.authority_code, reporting_dates.as_at, months.pupil_key

),

final as (

    select
        authority_code,
        as_at,
        'school_year_to_date' as period,
        pupil_key as subject_key,
        1 as in_denominator,
        -- whole numbers on both sides, so that exactly the threshold counts
        case
            when absent_sessions * 100 >= possible_sessions * {{ var('persistent_absence_from_percent') }} then 1
            else 0
        end as in_numerator,
        cast(absent_sessions as double) * 100 / possible_sessions as measure

    from pupils
    -- who could not have attended was not absent either
    where possible_sessions > 0

)

select * from final
