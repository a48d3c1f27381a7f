{#- The term of the night, its holiday included: in August it is the summer term. A plan that is begun and not
    complete is missing. Due on the night and not complete: overdue. -#}
{{ config(schema='marts', access='public') }}

with

looked_after as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key,
        looked_after.period_of_care_started_on,
        looked_after.age,
        looked_after.school_year_group

    from {{ ref('fct_looked_after_child') }} as looked_after
    inner join {{ ref('dim_reporting_date') }} as reporting_dates
        on looked_after.as_at = reporting_dates.as_at
    where reporting_dates.is_night

),

terms as (

    select
        authority_code,
        school_year,
        term,
        min(started_on) as started_on,
        max(ended_on) as ended_on,
        max(last_day) as last_day

    from {{ ref('dim_school_term') }}
    group by authority_code, school_year, term

),

lists as (

    select
        authority_code,
        min(due_on) as first_due_on

    from {{ ref('fct_personal_education_plan') }}
    group by authority_code

),

plans_due as (

    select * from {{ ref('fct_personal_education_plan_due') }}

),

days as (

    select
        date_day,
        working_day_number

    from {{ ref('dim_date') }}

),

case_holders as (

    select * from {{ ref('fct_case_holder') }}

),

-- Who is of no school age has no year group, and nor has whoever's month of birth is not known.
of_school_age as (

    select
        looked_after.*,
        terms.school_year,
        terms.term,
        terms.last_day

    from looked_after
    inner join terms
        on looked_after.authority_code = terms.authority_code
            and {{ is_on('looked_after.as_at', 'terms.started_on', 'terms.ended_on') }}
    where looked_after.school_year_group between 1 and 11 or looked_after.age is null

),

judged as (

    select
        of_school_age.*,
        plans_due.due_on,
        plans_due.is_initial,
        plans_due.meeting_on,
        plans_due.plan_count,
        case
            when of_school_age.age is null then 'The month of birth is not known: the child may not be of school age.'
            when lists.first_due_on is null or lists.first_due_on > of_school_age.last_day
                then 'No list of plans speaks of the term.'
        end as why_not_known

    from of_school_age

    -- left: of whom nobody can say stays on the list
    left join plans_due
        on of_school_age.authority_code = plans_due.authority_code
            and of_school_age.child_key = plans_due.child_key
            and of_school_age.school_year = plans_due.school_year
            and of_school_age.term = plans_due.term
    left join lists
        on of_school_age.authority_code = lists.authority_code
    where plans_due.child_key is null or not plans_due.is_completed

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

        -- what is missing
        'personal_education_plan' as item,
        case
            when judged.why_not_known is not null then 'not_known'
            when judged.due_on <= judged.as_at then 'overdue'
            else 'due'
        end as status,
        case when judged.why_not_known is null then judged.due_on end as due_on,
        cast(
            case
                when judged.why_not_known is null then due_days.working_day_number - night_days.working_day_number
            end
            as integer
        ) as working_days_left,

        -- why
        judged.period_of_care_started_on as since_on,
        case
            when judged.is_initial
                then
                    'First plan: within {{ var('personal_education_plan_due_working_days') }} working days of coming '
                    || 'into care.'
            else 'A complete plan for each term, by its last school day.'
        end as rule,
        judged.why_not_known,
        judged.school_year,
        judged.term,
        judged.last_day as term_last_day,
        judged.meeting_on,
        coalesce(judged.plan_count, 0) as plan_count

    from judged
    inner join days as night_days
        on judged.as_at = night_days.date_day

    -- left: nobody may hold the case, and what is not known has no day
    left join days as due_days
        on judged.due_on = due_days.date_day
    left join case_holders
        on judged.authority_code = case_holders.authority_code
            and judged.child_key = case_holders.child_key
            and judged.as_at = case_holders.as_at
    -- a plan owed in a later term is not missing in this one
    where judged.due_on is not null or judged.why_not_known is not null

)

select * from final
