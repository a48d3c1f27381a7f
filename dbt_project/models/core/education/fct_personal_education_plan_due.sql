{#- Which plan is owed for a term, and by when.

    A child looked after all term is owed a plan complete by the last school day of the term. A child who comes into
    care is owed the first one within ten working days, in the term (its holiday included) in which the tenth falls:
    started on Monday 5 December 2016, due on Monday 19 December, owed for the autumn; started on Thursday 8 December,
    due on Thursday 22 December, in the holiday, still owed for the autumn; started on Friday 23 December, due on 11
    January, owed for the spring and not for the autumn. Who left by the due day is owed nothing for that term; who
    left and came back is owed what the latest period of care asks for. -#}
with

plans as (

    select * from {{ ref('fct_personal_education_plan') }}

),

-- Before the first term that the list of plans speaks of, its silence says nothing.
lists as (

    select
        authority_code,
        min(due_on) as first_due_on

    from plans
    group by authority_code

),

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

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

terms_told as (

    select terms.*

    from terms
    inner join lists
        on terms.authority_code = lists.authority_code
            and terms.last_day >= lists.first_due_on
    inner join night
        on terms.started_on <= night.as_at

),

days as (

    select
        date_day,
        working_day_number

    from {{ ref('dim_date') }}

),

working_days as (

    select
        date_day,
        working_day_number

    from {{ ref('dim_date') }}
    where is_working_day

),

clocks as (

    select * from {{ ref('int_care_clocks') }}

),

care_periods as (

    select
        periods.authority_code,
        periods.child_key,
        periods.started_on,
        periods.ended_on,
        working_days.date_day as initial_due_on,
        clocks.first_review_due_on

    from {{ ref('fct_care_period') }} as periods
    inner join days
        on periods.started_on = days.date_day
    inner join working_days
        on days.working_day_number + {{ var('personal_education_plan_due_working_days') }}
            = working_days.working_day_number
    inner join clocks
        on periods.started_on = clocks.date_day
    where not periods.is_short_break

),

children as (

    select * from {{ ref('dim_child') }}

),

owed as (

    select
        care_periods.*,
        terms_told.school_year,
        terms_told.term,
        terms_told.started_on as term_started_on,
        terms_told.last_day as term_last_day,
        care_periods.initial_due_on >= terms_told.started_on as is_initial,
        case
            when care_periods.initial_due_on >= terms_told.started_on then care_periods.initial_due_on
            else terms_told.last_day
        end as due_on

    from terms_told
    inner join care_periods
        on terms_told.authority_code = care_periods.authority_code
            and terms_told.ended_on > care_periods.initial_due_on

),

latest as (

    select
        owed.*,
        {{ age_before_school_year('owed.school_year', 'children.birth_month') }} as age

    from owed
    inner join children
        on owed.authority_code = children.authority_code
            and owed.child_key = children.child_key
            and {{ is_on('owed.due_on', 'children.valid_from', 'children.valid_to') }}
            and {{ is_school_age('owed.school_year', 'children.birth_month') }}
    where {{ is_on('owed.due_on', 'owed.started_on', 'owed.ended_on') }}
    qualify
        row_number() over (
            partition by owed.authority_code, owed.child_key, owed.school_year, owed.term
            order by owed.started_on desc
        ) = 1

),

met as (

    select
        latest.authority_code,
        latest.child_key,
        latest.school_year,
        latest.term,
        cast(count(*) as integer) as plan_count,
        min(plans.meeting_on) as meeting_on,
        -- what was complete before the child came into care was made for an earlier period
        min(
            case
                when plans.is_completed and plans.completed_on >= latest.started_on then plans.completed_on
            end
        ) as completed_on

    from latest
    inner join plans
        on latest.authority_code = plans.authority_code
            and latest.child_key = plans.child_key
            and latest.school_year = plans.school_year
            and latest.term = plans.term
    group by latest.authority_code, latest.child_key, latest.school_year, latest.term

),

final as (

    select
        -- identifiers
        latest.authority_code,
        latest.child_key,
        latest.school_year,
        latest.term,

        -- what is owed
        latest.age as age_before_school_year,
        latest.started_on as period_of_care_started_on,
        latest.is_initial,
        latest.due_on,
        latest.term_last_day,
        case when latest.is_initial then latest.first_review_due_on end as first_review_due_on,

        -- what became of it
        coalesce(met.plan_count, 0) as plan_count,
        met.meeting_on,
        met.completed_on,
        met.completed_on is not null as is_completed,
        case
            when met.completed_on is not null then met.completed_on <= latest.due_on
            when latest.due_on <= night.as_at then false
        end as is_on_time,
        case
            when met.completed_on is not null then met.completed_on <= latest.term_last_day
            when latest.term_last_day <= night.as_at then false
        end as is_completed_in_term,
        case
            when not latest.is_initial then null
            when met.completed_on is not null then met.completed_on <= latest.first_review_due_on
            when latest.first_review_due_on <= night.as_at then false
        end as is_ready_for_first_review

    from latest
    cross join night

    -- left: no plan is what this table is there to tell
    left join met
        on latest.authority_code = met.authority_code
            and latest.child_key = met.child_key
            and latest.school_year = met.school_year
            and latest.term = met.term

)

select * from final
