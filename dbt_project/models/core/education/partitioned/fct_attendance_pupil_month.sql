with

-- read on an incremental run only
rebuilt as (  -- noqa: ST03

    select
        authority_code,
        session_month

    from {{ ref('stg_warehouse__attendance_partitions') }}
    where is_rebuilt

),

codes as (

    select * from {{ ref('dim_attendance_code') }}

),

sessions as (

    select sessions.*

    from {{ ref('fct_attendance_session') }} as sessions
    {%- if is_incremental() %}
    inner join rebuilt
        on
            sessions.authority_code = rebuilt.authority_code
            and sessions.session_month = rebuilt.session_month
    {%- endif %}

),

final as (

    select
        sessions.authority_code,
        sessions.pupil_key,
        sessions.school_urn,
        sessions.session_month,
        cast(count(*) filter (where codes.attendance_code_key <> 0) as integer) as recorded_sessions,
        cast(count(*) filter (where codes.attendance_code_key = 0) as integer) as unknown_mark_sessions,
        cast(count(*) filter (where codes.is_possible) as integer) as possible_sessions,
        cast(count(*) filter (where codes.is_present) as integer) as present_sessions,
        cast(count(*) filter (where codes.mark = 'L') as integer) as late_sessions,
        cast(
            count(*) filter (where codes.is_authorised_absence) as integer
        ) as authorised_absence_sessions,
        cast(
            count(*) filter (where codes.is_unauthorised_absence) as integer
        ) as unauthorised_absence_sessions

    from sessions
    inner join codes
        on sessions.attendance_code_key = codes.attendance_code_key
    group by
        sessions.authority_code,
        sessions.pupil_key,
        sessions.school_urn,
        sessions.session_month

)

select * from final
