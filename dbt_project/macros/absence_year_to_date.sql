{#- Absence from the first day of the school year to each reporting date: the months added up, and judged by the rules of
    macros/absence.sql. As at 31 October 2016: September and October 2016.

    Marks on days without an enrolment at their school count like all others, because registers are kept by whoever
    teaches the child and the rolls of schools elsewhere are not delivered; how many they are stands beside.

    months: sessions by month, of pupils or of pupils at a school.
    by_school: does each school stand for itself?
    outside_sessions, absent_sessions: which column of int_sessions_outside_enrolment and of int_absence_by_half_term
    counts the same way. -#}
{% macro absence_year_to_date(months, by_school, outside_sessions, absent_sessions) -%}
with

dates as (

    select * from {{ ref('int_absence_dates') }}

),

months as (

    select
        months.*,
        {{ school_year_of('session_month') }} as school_year

    from {{ months }} as months

),

outside as (

    select
        outside.*,
        {{ school_year_of('session_month') }} as school_year

    from {{ ref('int_sessions_outside_enrolment') }} as outside

),

half_terms as (

    select * from {{ ref('int_absence_by_half_term') }}

),

pupils as (

    select * from {{ ref('stg_education__pupils') }}

),

added as (

    select
        months.authority_code,
        months.pupil_key,
        {{ 'months.school_urn,' if by_school }}
        dates.as_at,
        dates.school_year,
        dates.half_term,
        cast(sum(months.recorded_sessions) as integer) as recorded_sessions,
        cast(sum(months.unknown_mark_sessions) as integer) as unknown_mark_sessions,
        cast(sum(months.possible_sessions) as integer) as possible_sessions,
        cast(sum(months.present_sessions) as integer) as present_sessions,
        cast(sum(months.late_sessions) as integer) as late_sessions,
        cast(sum(months.authorised_absence_sessions) as integer) as authorised_absence_sessions,
        cast(sum(months.unauthorised_absence_sessions) as integer) as unauthorised_absence_sessions

    from months
    inner join dates
        on months.authority_code = dates.authority_code
            and months.school_year = dates.school_year
            and months.session_month <= dates.as_at
    group by
        months.authority_code,
        months.pupil_key,
        {{ 'months.school_urn,' if by_school }}
        dates.as_at,
        dates.school_year,
        dates.half_term

),

outside_added as (

    select
        outside.authority_code,
        outside.pupil_key,
        {{ 'outside.school_urn,' if by_school }}
        dates.as_at,
        sum(outside.{{ outside_sessions }}) as unenrolled_sessions

    from outside
    inner join dates
        on outside.authority_code = dates.authority_code
            and outside.school_year = dates.school_year
            and outside.session_month <= dates.as_at
    group by
        outside.authority_code,
        outside.pupil_key,
        {{ 'outside.school_urn,' if by_school }}
        dates.as_at

),

half_terms_added as (

    select
        half_terms.authority_code,
        half_terms.pupil_key,
        {{ 'half_terms.school_urn,' if by_school }}
        dates.as_at,
        sum(half_terms.{{ absent_sessions }}) as absent_by_half_term

    from half_terms
    inner join dates
        on half_terms.authority_code = dates.authority_code
            and half_terms.school_year = dates.school_year
            and half_terms.half_term <= dates.half_term
    group by
        half_terms.authority_code,
        half_terms.pupil_key,
        {{ 'half_terms.school_urn,' if by_school }}
        dates.as_at

),

judged as (

    select
        added.*,
        added.authorised_absence_sessions + added.unauthorised_absence_sessions as absent_sessions,
        cast(coalesce(outside_added.unenrolled_sessions, 0) as integer) as unenrolled_sessions,
        cast(coalesce(half_terms_added.absent_by_half_term, 0) as integer) as absent_by_half_term_sessions,
        {{ is_school_age('added.school_year', 'pupils.birth_month') }} as is_school_age

    from added

    -- left: most pupils have no mark outside an enrolment, newer years no thresholds by half-term, and a register may
    -- name a pupil who is on no list
    left join outside_added
        on added.authority_code = outside_added.authority_code
            and added.pupil_key = outside_added.pupil_key
            {{ 'and added.school_urn = outside_added.school_urn' if by_school }}
            and added.as_at = outside_added.as_at
    left join half_terms_added
        on added.authority_code = half_terms_added.authority_code
            and added.pupil_key = half_terms_added.pupil_key
            {{ 'and added.school_urn = half_terms_added.school_urn' if by_school }}
            and added.as_at = half_terms_added.as_at
    left join pupils
        on added.authority_code = pupils.authority_code
            and added.pupil_key = pupils.pupil_key

),

final as (

    select
        authority_code,
        as_at,
        pupil_key,
        {{ 'school_urn,' if by_school }}
        school_year,
        is_school_age,
        recorded_sessions,
        unknown_mark_sessions,
        possible_sessions,
        present_sessions,
        late_sessions,
        authorised_absence_sessions,
        unauthorised_absence_sessions,
        absent_sessions,
        unenrolled_sessions,
        cast(half_term as integer) as half_term,
        absent_by_half_term_sessions,
        cast(absent_sessions as double) / 2 as days_missed,
        {{ is_persistently_absent(
            'school_year', 'possible_sessions', 'absent_sessions', 'half_term', 'absent_by_half_term_sessions'
        ) }} as is_persistently_absent,
        {{ is_severely_absent('possible_sessions', 'absent_sessions') }} as is_severely_absent

    from judged

)

select * from final
{%- endmacro %}
