{#- Sessions by what their marks mean: the columns that both monthly rollups count, from `sessions` joined with `codes`.

    possible = present + authorised + unauthorised absence. Of ten sessions marked / / L V I E O D Y1 and blank, nine
    are recorded and one has an unknown mark; seven are possible; four present, one of them late and one at an approved
    activity; two absent with leave, one without; one not required (D: at the other school), one unable to attend (Y1).
    What counts so whatever the day: each mark has had one meaning as long as it was in use (seeds/attendance_code.csv).
      - Part-time timetable: C2 since 19 August 2024, C before, both absence with leave; X is only for those not of
        compulsory school age, and not possible.
      - H, F (holiday agreed) are absence with leave, J (interview) was present as an approved activity, its successor
        J1 is absence with leave; Y, now Y1 to Y7, is unable to attend and not possible, as is Q.
      - # (closed as planned), Z (not on the register) and D are not possible.
      - Blank, BLANK and a mark in no list are unknown: neither present nor absent.
    A mark outside the days it may be used on still says what it says, and is counted beside (outdated): H in 2025, C2
    in 2017. -#}
{% macro attendance_counts() -%}
        cast(count(*) filter (where codes.statistical_group <> 'unknown') as integer) as recorded_sessions,
        cast(count(*) filter (where codes.statistical_group = 'unknown') as integer) as unknown_mark_sessions,
        cast(count(*) filter (where codes.is_possible) as integer) as possible_sessions,
        cast(count(*) filter (where codes.is_present) as integer) as present_sessions,
        cast(count(*) filter (where codes.mark = 'L') as integer) as late_sessions,
        cast(
            count(*) filter (where codes.statistical_group = 'approved educational activity') as integer
        ) as approved_activity_sessions,
        cast(count(*) filter (where codes.is_authorised_absence) as integer) as authorised_absence_sessions,
        cast(count(*) filter (where codes.is_unauthorised_absence) as integer) as unauthorised_absence_sessions,
        cast(
            count(*) filter (where codes.statistical_group = 'unable to attend') as integer
        ) as unable_to_attend_sessions,
        cast(
            count(*) filter (where codes.statistical_group in ('not required', 'administrative')) as integer
        ) as not_required_sessions,
        cast(
            count(*) filter (
                where codes.valid_from > sessions.session_date or codes.valid_to < sessions.session_date
            ) as integer
        ) as outdated_mark_sessions
{%- endmacro %}
