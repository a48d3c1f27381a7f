{%- set last_school_year = (var('persistent_absence_from_sessions') | last).last_school_year -%}

with

sessions as (

    select
        authority_code,
        pupil_key,
        school_urn,
        session_date,
        attendance_code_key,
        is_counted_for_pupil,
        {{ school_year_of('session_date') }} as school_year

    from {{ ref('fct_attendance_session') }}
    -- later years are judged by their possible sessions; in most warehouses nothing is left
    where session_month < cast('{{ last_school_year + 1 }}-09-01' as date)

),

absence_codes as (

    select attendance_code_key

    from {{ ref('dim_attendance_code') }}
    where is_authorised_absence or is_unauthorised_absence

),

terms as (

    select * from {{ ref('dim_school_term') }}

),

final as (

    select
        sessions.authority_code,
        sessions.pupil_key,
        sessions.school_urn,
        sessions.school_year,
        terms.half_term,
        cast(count(*) as integer) as absent_sessions,
        cast(sum(case when sessions.is_counted_for_pupil then 1 else 0 end) as integer) as counted_absent_sessions

    from sessions
    inner join absence_codes
        on sessions.attendance_code_key = absence_codes.attendance_code_key
    inner join terms
        on sessions.authority_code = terms.authority_code
            and sessions.school_year = terms.school_year
            and {{ is_on('sessions.session_date', 'terms.started_on', 'terms.ended_on') }}
    group by
        sessions.authority_code,
        sessions.pupil_key,
        sessions.school_urn,
        sessions.school_year,
        terms.half_term

)

select * from final
