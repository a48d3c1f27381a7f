{{ config(group='warehouse') }}

-- Every session, of whatever mark, is in the month of its enrolment, and once in that of its pupil; a partition that
-- not all of them hold fails too.
with

sessions as (

    select
        authority_code,
        session_month,
        count(*) as session_count,
        sum(case when is_counted_for_pupil then 1 else 0 end) as counted_session_count

    from {{ ref('fct_attendance_session') }}
    group by authority_code, session_month

),

enrolment_months as (

    select
        authority_code,
        session_month,
        sum(recorded_sessions + unknown_mark_sessions) as session_count

    from {{ ref('fct_attendance_enrolment_month') }}
    group by authority_code, session_month

),

pupil_months as (

    select
        authority_code,
        session_month,
        sum(recorded_sessions + unknown_mark_sessions) as session_count

    from {{ ref('fct_attendance_pupil_month') }}
    group by authority_code, session_month

)

select
    authority_code,
    session_month,
    sessions.session_count,
    enrolment_months.session_count as sessions_by_enrolment,
    sessions.counted_session_count,
    pupil_months.session_count as sessions_by_pupil

from sessions
full join enrolment_months using (authority_code, session_month)
full join pupil_months using (authority_code, session_month)
where
    sessions.session_count is distinct from enrolment_months.session_count
    or sessions.counted_session_count is distinct from pupil_months.session_count
