with

gaps as (

    select * from {{ ref('fct_roll_gap') }}
    where not is_gone_away

),

reporting_dates as (

    select
        *,
        cast({{ dbt.date_trunc('month', add_months('as_at', -1)) }} as date) as marks_from

    from {{ ref('dim_reporting_date') }}
    where extract(month from as_at) <> 8

),

children as (

    select * from {{ ref('dim_child') }}

),

off_roll as (

    select
        gaps.authority_code,
        reporting_dates.as_at,
        reporting_dates.marks_from,
        gaps.pupil_key,
        gaps.off_roll_from,
        {{ days_between('gaps.off_roll_from', 'reporting_dates.as_at') }} as days_off_roll

    from gaps
    inner join reporting_dates
        on {{ is_on('reporting_dates.as_at', 'gaps.off_roll_from', 'gaps.back_on_roll_on') }}
    inner join children
        on gaps.authority_code = children.authority_code
            and gaps.child_key = children.child_key
            and {{ is_on('reporting_dates.as_at', 'children.valid_from', 'children.valid_to') }}
    -- year 11 sits its exams in June and is of school age no longer when they are over
    where
        {{ school_year_group_on('reporting_dates.as_at', 'children.birth_month') }}
        between 1 and case when extract(month from reporting_dates.as_at) in (6, 7) then 10 else 11 end

),

marked as (

    select distinct
        off_roll.authority_code,
        off_roll.as_at,
        off_roll.pupil_key

    from off_roll
    inner join {{ ref('fct_attendance_pupil_month') }} as months
        on off_roll.authority_code = months.authority_code
            and off_roll.pupil_key = months.pupil_key
            and months.session_month between off_roll.marks_from and off_roll.as_at
            -- not the month in which the roll ended: its marks may be of the days before
            and off_roll.off_roll_from <= months.session_month
    where months.recorded_sessions > 0

),

final as (

    select
        off_roll.authority_code,
        off_roll.as_at,
        off_roll.pupil_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        cast(off_roll.days_off_roll as double) as measure

    from off_roll

    -- left: who is taught somewhere has marks, and is left out below
    left join marked
        on off_roll.authority_code = marked.authority_code
            and off_roll.as_at = marked.as_at
            and off_roll.pupil_key = marked.pupil_key
    where
        marked.pupil_key is null
        and off_roll.days_off_roll >= {{ var('missing_education_days') }}

)

select * from final
