with

months as (

    select
        authority_code,
        pupil_key,
        school_urn,
        session_month,
        first_possible_on,
        last_possible_on

    from {{ ref('fct_attendance_enrolment_month') }}
    where possible_sessions > 0

),

enrolments as (

    select * from {{ ref('fct_enrolment') }}

),

-- Nearly all months lie within one enrolment: only the sessions of the others are looked at one by one.
covered as (

    select distinct
        months.authority_code,
        months.pupil_key,
        months.school_urn,
        months.session_month

    from months
    inner join enrolments
        on months.authority_code = enrolments.authority_code
            and months.pupil_key = enrolments.pupil_key
            and months.school_urn = enrolments.school_urn
            and {{ is_on('months.first_possible_on', 'enrolments.started_on', 'enrolments.ended_on') }}
            and {{ is_on('months.last_possible_on', 'enrolments.started_on', 'enrolments.ended_on') }}

),

doubtful as (

    select
        months.authority_code,
        months.pupil_key,
        months.school_urn,
        months.session_month

    from months
    left join covered
        on months.authority_code = covered.authority_code
            and months.pupil_key = covered.pupil_key
            and months.school_urn = covered.school_urn
            and months.session_month = covered.session_month
    where covered.pupil_key is null

),

codes as (

    select attendance_code_key

    from {{ ref('dim_attendance_code') }}
    where is_possible

),

sessions as (

    select sessions.*

    from {{ ref('fct_attendance_session') }} as sessions
    inner join doubtful
        on sessions.authority_code = doubtful.authority_code
            and sessions.pupil_key = doubtful.pupil_key
            and sessions.school_urn = doubtful.school_urn
            and sessions.session_month = doubtful.session_month
    inner join codes
        on sessions.attendance_code_key = codes.attendance_code_key

),

final as (

    select
        sessions.authority_code,
        sessions.pupil_key,
        sessions.school_urn,
        sessions.session_month,
        cast(count(*) as integer) as outside_sessions,
        cast(sum(case when sessions.is_counted_for_pupil then 1 else 0 end) as integer) as counted_outside_sessions

    from sessions

    -- left: those without are what is looked for
    left join enrolments
        on sessions.authority_code = enrolments.authority_code
            and sessions.pupil_key = enrolments.pupil_key
            and sessions.school_urn = enrolments.school_urn
            and {{ is_on('sessions.session_date', 'enrolments.started_on', 'enrolments.ended_on') }}
    where enrolments.pupil_key is null
    group by sessions.authority_code, sessions.pupil_key, sessions.school_urn, sessions.session_month

)

select * from final
