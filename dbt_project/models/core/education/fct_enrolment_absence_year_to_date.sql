{#- By school, and every school counts what it recorded: the reading of the DfE's tables. -#}
with

counted as (

    {{ absence_year_to_date(
        ref('fct_attendance_enrolment_month'),
        by_school=true,
        outside_sessions='outside_sessions',
        absent_sessions='absent_sessions'
    ) }}

),

-- A pupil may leave a school and come back: the latest registration says what kind it is.
registrations as (

    select
        authority_code,
        pupil_key,
        school_urn,
        enrolment_status_code

    from {{ ref('fct_enrolment') }}
    qualify
        row_number() over (
            partition by authority_code, pupil_key, school_urn
            order by started_on desc
        ) = 1

),

final as (

    select
        counted.*,
        {{ or_unknown('registrations.enrolment_status_code') }} as enrolment_status_code

    from counted

    -- left: registers are kept of pupils who are on no roll
    left join registrations
        on counted.authority_code = registrations.authority_code
            and counted.pupil_key = registrations.pupil_key
            and counted.school_urn = registrations.school_urn

)

select * from final
