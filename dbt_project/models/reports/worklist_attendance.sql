{#- Sessions of the school year to the night, all numbers and schools of the child together:
      - 20 of 200 missed is exactly 10 % and over the line, 19 of 200 is near it, and so are 16 (exactly 8 %); 15 are
        not;
      - two sessions on each school day after the last mark that is delivered: with 60 to come, 260 in all, 25 may be
        missed before it is a tenth, so who has missed 19 may miss 6 more, who has missed 25 none, and who has missed
        26 is over the line by July whatever happens.
    Until 2014/15 the line was a number of sessions by half-term: who is over it is listed, near is not said. -#}
{{ config(schema='marts', access='public') }}

{%- set rules_begin = (var('persistent_absence_from_sessions') | last).last_school_year + 1 -%}

with

night as (

    select
        as_at,
        school_year,
        cast({{ dbt.date_trunc('month', add_months('as_at', -1)) }} as date) as marks_from

    from {{ ref('dim_reporting_date') }}
    where is_night

),

in_need as (

    select distinct
        in_need.authority_code,
        in_need.child_key

    from {{ ref('fct_child_in_need') }} as in_need
    inner join night
        on {{ is_on('night.as_at', 'in_need.started_on', 'in_need.ended_on') }}

),

looked_after as (

    select
        looked_after.authority_code,
        looked_after.child_key

    from {{ ref('fct_looked_after_child') }} as looked_after
    inner join night
        on looked_after.as_at = night.as_at

),

children as (

    select * from {{ ref('dim_child') }}

),

links as (

    select * from {{ ref('bridge_pupil_child') }}

),

absence as (

    select * from {{ ref('fct_absence_year_to_date') }}

),

terms as (

    select * from {{ ref('dim_school_term') }}

),

working_days as (

    select date_day

    from {{ ref('dim_date') }}
    where is_working_day

),

case_holders as (

    select * from {{ ref('fct_case_holder') }}

),

marks as (

    select
        sessions.authority_code,
        max(sessions.session_date) as marks_until

    from {{ ref('fct_attendance_session') }} as sessions
    inner join night
        on sessions.session_month between night.marks_from and night.as_at
            and sessions.session_date <= night.as_at
    where sessions.attendance_code_key <> 0
    group by sessions.authority_code

),

school_days as (

    select
        terms.authority_code,
        count(*) as days_left

    from terms
    inner join night
        on terms.school_year = night.school_year
    inner join working_days
        on working_days.date_day between terms.first_day and terms.last_day

    -- left: in the holidays the last mark may be long ago
    left join marks
        on terms.authority_code = marks.authority_code
    where working_days.date_day > coalesce(marks.marks_until, night.as_at)
    group by terms.authority_code

),

known_children as (

    select
        authority_code,
        child_key,
        max(is_looked_after) = 1 as is_looked_after,
        max(is_in_need) = 1 as is_in_need

    from (
        select
            authority_code,
            child_key,
            1 as is_looked_after,
            0 as is_in_need

        from looked_after
        union all
        select
            authority_code,
            child_key,
            0 as is_looked_after,
            1 as is_in_need

        from in_need
    ) as both_kinds
    group by authority_code, child_key

),

pupils as (

    select
        known_children.*,
        night.as_at,
        night.school_year,
        children.birth_month

    from known_children
    cross join night

    -- left: a child may have no version on the day
    left join children
        on known_children.authority_code = children.authority_code
            and known_children.child_key = children.child_key
            and {{ is_on('night.as_at', 'children.valid_from', 'children.valid_to') }}
    where coalesce({{ is_school_age('night.school_year', 'children.birth_month') }}, true)

),

sessions as (

    select
        pupils.authority_code,
        pupils.child_key,
        sum(absence.possible_sessions) as possible_sessions,
        sum(absence.absent_sessions) as absent_sessions,
        sum(absence.absent_by_half_term_sessions) as absent_by_half_term_sessions,
        max(absence.half_term) as half_term

    from pupils
    inner join links
        on pupils.authority_code = links.authority_code
            and pupils.child_key = links.child_key
    inner join absence
        on links.authority_code = absence.authority_code
            and links.pupil_key = absence.pupil_key
            and pupils.as_at = absence.as_at
    group by pupils.authority_code, pupils.child_key

),

counted as (

    select
        pupils.*,
        coalesce(sessions.possible_sessions, 0) as possible_sessions,
        coalesce(sessions.absent_sessions, 0) as absent_sessions,
        {{ is_persistently_absent(
            'pupils.school_year', 'sessions.possible_sessions', 'sessions.absent_sessions', 'sessions.half_term',
            'sessions.absent_by_half_term_sessions'
        ) }} as is_persistently_absent,
        marks.marks_until,
        2 * coalesce(school_days.days_left, 0) as sessions_to_come

    from pupils

    -- left: of whom no mark is delivered stays on the list
    left join sessions
        on pupils.authority_code = sessions.authority_code
            and pupils.child_key = sessions.child_key
    left join marks
        on pupils.authority_code = marks.authority_code
    left join school_days
        on pupils.authority_code = school_days.authority_code

),

judged as (

    select
        *,
        case
            when birth_month is null and possible_sessions = 0
                then 'The month of birth is not known: the child may not be of school age.'
            when possible_sessions = 0 then 'No possible session of the school year is delivered.'
            when is_persistently_absent is null then 'The first half-term is not over.'
        end as why_not_known,
        school_year >= {{ rules_begin }}
        and absent_sessions * 100 >= possible_sessions * {{ var('persistent_absence_near_percent') }} as is_near,
        -- the most that is still less than the share of all
        cast(
            floor(((possible_sessions + sessions_to_come) * {{ var('persistent_absence_from_percent') }} - 1) / 100.0)
            as integer
        ) - absent_sessions as sessions_to_spare

    from counted

),

final as (

    select
        -- identifiers
        judged.authority_code,
        judged.as_at,
        judged.child_key,

        -- who holds the case
        {{ or_unknown('case_holders.team_name') }} as team_name,
        cast(coalesce(case_holders.worker_key, -1) as bigint) as worker_key,
        judged.is_looked_after,
        judged.is_in_need,

        -- how near
        'persistent_absence' as item,
        case
            when judged.why_not_known is not null then 'not_known'
            when judged.is_persistently_absent then 'over'
            else 'near'
        end as status,
        cast(judged.possible_sessions as integer) as possible_sessions,
        cast(judged.absent_sessions as integer) as absent_sessions,
        cast(judged.absent_sessions as double) * 100 / nullif(judged.possible_sessions, 0) as absence_percent,
        cast(case when judged.why_not_known is null then judged.sessions_to_come end as integer)
            as expected_further_sessions,
        cast(
            case
                when
                    judged.why_not_known is null
                    and judged.school_year >= {{ rules_begin }}
                    and judged.sessions_to_spare >= 0
                    then judged.sessions_to_spare
            end
            as integer
        ) as may_still_miss_sessions,

        -- why
        'Missing {{ var('persistent_absence_from_percent') }} % or more of the own possible sessions since 1 September '
        || 'is persistent absence; near is from {{ var('persistent_absence_near_percent') }} %.' as rule,
        judged.why_not_known,
        judged.marks_until

    from judged

    -- left: nobody may hold the case
    left join case_holders
        on judged.authority_code = case_holders.authority_code
            and judged.child_key = case_holders.child_key
            and judged.as_at = case_holders.as_at
    where judged.why_not_known is not null or judged.is_persistently_absent or judged.is_near

)

select * from final
