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
    where sessions.is_counted_for_pupil

),

final as (

    select
        sessions.authority_code,
        sessions.pupil_key,
        sessions.session_month,
        {{ attendance_counts() }}

    from sessions
    inner join codes
        on sessions.attendance_code_key = codes.attendance_code_key
    group by
        sessions.authority_code,
        sessions.pupil_key,
        sessions.session_month

)

select * from final
