with

looked_after as (

    select * from {{ ref('fct_looked_after_child') }}
    where is_twelve_months

),

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

links as (

    select * from {{ ref('bridge_pupil_child') }}

),

months as (

    select * from {{ ref('fct_attendance_pupil_month') }}

),

final as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        'school_year_to_date' as period,
        looked_after.child_key as subject_key,
        cast(sum(months.possible_sessions) as bigint) as in_denominator,
        cast(sum(months.present_sessions) as bigint) as in_numerator,
        cast(sum(months.present_sessions) as double) * 100 / nullif(sum(months.possible_sessions), 0) as measure

    from looked_after
    inner join reporting_dates
        on looked_after.as_at = reporting_dates.as_at
    -- a child may have been two pupils: a new number, a second roll
    inner join links
        on looked_after.authority_code = links.authority_code
            and looked_after.child_key = links.child_key
    inner join months
        on links.authority_code = months.authority_code
            and links.pupil_key = months.pupil_key
            and months.session_month between reporting_dates.school_year_starts_on and looked_after.as_at
    group by looked_after.authority_code, looked_after.as_at, looked_after.child_key

)

select * from final
