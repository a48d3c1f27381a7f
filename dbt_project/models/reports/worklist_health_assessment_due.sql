{#- Health assessments as fct_health_assessment_due has them. Dental check and questionnaire are due twelve months
    after the last one, and not before a child has been looked after for twelve months, as the return asks (the night
    is 31 May 2017):
      - checked on 31 May 2016, in care for years: due on 31 May 2017, overdue that night as the indicator has it;
      - checked on 28 June 2016: due on 28 June 2017, the 20th working day; checked on 29 June 2016: not yet;
      - never checked, in care since 1 June 2016: due on 31 May 2017, the day that makes twelve months full.
    Where the day of birth would decide between two days, or whether the questionnaire is asked for at all, nobody can
    say; nor of a child of whom the trust lists nothing, or where its list is not in force. An initial assessment that
    the list may have lost is not asked for any more: a review was done since. -#}
{{ config(schema='marts', access='public') }}

with

looked_after as (

    select
        health.authority_code,
        health.as_at,
        health.child_key,
        health.period_of_care_started_on,
        health.is_known_to_trust,
        health.dental_checked_on,
        health.is_sdq_age,
        {{ add_days(add_months('health.period_of_care_started_on', 12), -1) }} as twelve_months_full_on

    from {{ ref('fct_looked_after_child_health') }} as health
    inner join {{ ref('dim_reporting_date') }} as reporting_dates
        on health.as_at = reporting_dates.as_at
    where reporting_dates.is_night

),

owed as (

    select * from {{ ref('fct_health_assessment_due') }}

),

questionnaires as (

    select * from {{ ref('fct_strengths_and_difficulties') }}
    where is_scored

),

lists as (

    select distinct
        authority_code,
        dataset

    from {{ ref('dim_extract') }}
    where dataset in ('health_assessments', 'dental_checks', 'sdq')

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

assessments as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key,
        looked_after.period_of_care_started_on,
        case owed.assessment_type_code
            when 'IHA' then 'initial_health_assessment'
            else 'review_health_assessment'
        end as item,
        owed.previous_seen_on as last_done_on,
        coalesce(owed.previous_seen_on, looked_after.period_of_care_started_on) as since_on,
        owed.earliest_due_on,
        owed.latest_due_on,
        case
            when lists.authority_code is null then 'The list is not in force.'
            when owed.earliest_due_on is null then 'The calendar ends before it is due.'
            when owed.earliest_due_on < owed.latest_due_on and owed.latest_due_on > looked_after.as_at
                then 'The day of birth, which is not known here, decides between the two days.'
        end as why_not_known

    from looked_after
    inner join owed
        on looked_after.authority_code = owed.authority_code
            and looked_after.child_key = owed.child_key
            and looked_after.period_of_care_started_on = owed.period_of_care_started_on

    -- left: without a list nothing was done, as far as it tells
    left join lists
        on looked_after.authority_code = lists.authority_code
            and lists.dataset = 'health_assessments'
    where
        owed.seen_on is null
        and not (owed.assessment_number = 1 and owed.timeliness = 'not_known')

),

scored as (

    select
        looked_after.authority_code,
        looked_after.child_key,
        max(questionnaires.completed_on) as completed_on

    from looked_after
    inner join questionnaires
        on looked_after.authority_code = questionnaires.authority_code
            and looked_after.child_key = questionnaires.child_key
            and looked_after.as_at >= questionnaires.completed_on
    group by looked_after.authority_code, looked_after.child_key

),

yearly as (

    select
        authority_code,
        as_at,
        child_key,
        period_of_care_started_on,
        'dental_check' as item,
        'dental_checks' as dataset,
        dental_checked_on as last_done_on,
        twelve_months_full_on,
        is_known_to_trust,
        true as is_asked_for

    from looked_after

    union all

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key,
        looked_after.period_of_care_started_on,
        'strengths_and_difficulties_questionnaire' as item,
        'sdq' as dataset,
        scored.completed_on as last_done_on,
        looked_after.twelve_months_full_on,
        looked_after.is_known_to_trust,
        looked_after.is_sdq_age as is_asked_for

    from looked_after

    -- left: who never had a score
    left join scored
        on looked_after.authority_code = scored.authority_code
            and looked_after.child_key = scored.child_key
    where coalesce(looked_after.is_sdq_age, true)

),

yearly_due as (

    select
        yearly.*,
        lists.dataset is not null as is_list_in_force,
        {{ add_months('yearly.last_done_on', 12) }} > yearly.twelve_months_full_on as is_after_last,
        case
            when {{ add_months('yearly.last_done_on', 12) }} > yearly.twelve_months_full_on
                then {{ add_months('yearly.last_done_on', 12) }}
            else yearly.twelve_months_full_on
        end as due_on

    from yearly

    -- left: without a list nothing was done, as far as it tells
    left join lists
        on yearly.authority_code = lists.authority_code
            and yearly.dataset = lists.dataset

),

all_items as (

    select * from assessments

    union all

    select
        authority_code,
        as_at,
        child_key,
        period_of_care_started_on,
        item,
        last_done_on,
        case when is_after_last then last_done_on else period_of_care_started_on end as since_on,
        due_on as earliest_due_on,
        due_on as latest_due_on,
        case
            when not is_list_in_force then 'The list is not in force.'
            when not is_known_to_trust then 'The trust lists nothing of the child.'
            when is_asked_for is null
                then 'The day of birth, which is not known here, decides whether the child is of the age.'
        end as why_not_known

    from yearly_due

),

judged as (

    select
        all_items.*,
        case
            when all_items.why_not_known is not null then 'not_known'
            when all_items.latest_due_on <= all_items.as_at then 'overdue'
            else 'due'
        end as status,
        due_days.working_day_number - night_days.working_day_number as working_days_left

    from all_items
    inner join days as night_days
        on all_items.as_at = night_days.date_day

    -- left: what is not known stays on the list
    left join days as due_days
        on all_items.earliest_due_on = due_days.date_day

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

        -- what is due
        judged.item,
        judged.status,
        case when judged.status <> 'not_known' then judged.latest_due_on end as due_on,
        cast(
            case when judged.status <> 'not_known' then due_days.working_day_number - night_days.working_day_number end
            as integer
        ) as working_days_left,

        -- why
        judged.since_on,
        case judged.item
            when 'initial_health_assessment'
                then
                    'Initial health assessment: within {{ var('initial_health_assessment_due_working_days') }} '
                    || 'working days of coming into care.'
            when 'review_health_assessment'
                then
                    'Review health assessment: within {{ var('health_review_due_months_under_five') }} months of '
                    || 'the one before until the fifth birthday, then within '
                    || '{{ var('health_review_due_months_from_five') }}.'
            when 'dental_check'
                then 'Dental check: within 12 months of the one before, and of coming into care.'
            else
                'Strengths and difficulties questionnaire: at ages 4 to 16, within 12 months of the one before, and of '
                || 'coming into care.'
        end as rule,
        judged.why_not_known,
        judged.period_of_care_started_on,
        judged.last_done_on,
        judged.earliest_due_on,
        judged.latest_due_on

    from judged
    inner join days as night_days
        on judged.as_at = night_days.date_day

    -- left: nobody may hold the case, and the calendar may end first
    left join days as due_days
        on judged.latest_due_on = due_days.date_day
    left join case_holders
        on judged.authority_code = case_holders.authority_code
            and judged.child_key = case_holders.child_key
            and judged.as_at = case_holders.as_at
    where
        judged.working_days_left <= {{ var('worklist_working_days') }}
        or judged.earliest_due_on is null

)

select * from final
