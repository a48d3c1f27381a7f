{#- Each session of a pupil once, at whichever school it counts. -#}
{{ absence_year_to_date(
    ref('fct_attendance_pupil_month'),
    by_school=false,
    outside_sessions='counted_outside_sessions',
    absent_sessions='counted_absent_sessions'
) }}
