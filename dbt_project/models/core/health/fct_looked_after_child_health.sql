{#- How a child's health care stands on a day. Each judgement has its own clock; at 31 March 2017:

    - health assessment, by statute: up to date if none that the child is owed in its period of care is overdue
      (fct_health_assessment_due). Due on 31 March and not done by then: overdue. Done late: up to date again.
      Nothing done and nothing due yet: no judgement.
    - annual health assessment, as the return asks: done on one day from 1 April 2016 to 31 March 2017, and on two
      by a child under five on 31 March 2017.
    - dental check: seen from 1 April 2016 to 31 March 2017. A refusal is no check.
    - immunisations: as they were when last looked at, however long ago; the day stands beside it.
    - strengths and difficulties: a score from 1 April 2016 to 31 March 2017, for children aged 4 to 16 on 31 March
      2017; one given up later in the year takes nothing away. The newest score counts.

    What the trust lists nothing of is not known. Of a child it knows, what is not listed was not done. -#}
with

looked_after as (

    select * from {{ ref('fct_looked_after_child') }}

),

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

birth_months as (

    select * from {{ ref('dim_child') }}

),

due as (

    select * from {{ ref('fct_health_assessment_due') }}

),

assessments as (

    select distinct
        authority_code,
        child_key,
        seen_on

    from {{ ref('fct_health_assessment') }}
    where is_done

),

dental_checks as (

    select
        authority_code,
        child_key,
        checked_on

    from {{ ref('fct_dental_check') }}
    where is_done

),

immunisations as (

    select * from {{ ref('fct_immunisation_status') }}
    where is_up_to_date is not null

),

questionnaires as (

    select * from {{ ref('fct_strengths_and_difficulties') }}
    where is_scored

),

known as (

    select
        authority_code,
        child_key

    from {{ of_children(ref('stg_health__patients'), 'health') }}
    {%- for fact in [
        'fct_health_assessment', 'fct_dental_check', 'fct_immunisation_status', 'fct_strengths_and_difficulties'
    ] %}
        union
        select
            authority_code,
            child_key

        from {{ ref(fact) }}
    {%- endfor %}

),

children as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key,
        looked_after.period_of_care_started_on,
        looked_after.is_twelve_months,
        looked_after.age,
        reporting_dates.twelve_months_from,
        birth_months.birth_month,
        known.child_key is not null as is_known_to_trust

    from looked_after
    inner join reporting_dates
        on looked_after.as_at = reporting_dates.as_at

    -- left: the trust may not know the child, nor anybody the month of birth
    left join birth_months
        on looked_after.authority_code = birth_months.authority_code
            and looked_after.child_key = birth_months.child_key
            and {{ is_on('looked_after.as_at', 'birth_months.valid_from', 'birth_months.valid_to') }}
    left join known
        on looked_after.authority_code = known.authority_code
            and looked_after.child_key = known.child_key

),

owed as (

    select
        children.authority_code,
        children.as_at,
        children.child_key,
        max(case when due.latest_due_on <= children.as_at then 1 else 0 end) = 1 as is_overdue,
        max(case when due.earliest_due_on <= children.as_at then 1 else 0 end) = 1 as may_be_overdue

    from children
    inner join due
        on children.authority_code = due.authority_code
            and children.child_key = due.child_key
            and children.period_of_care_started_on = due.period_of_care_started_on
    where
        (due.seen_on is null or due.seen_on > children.as_at)
        -- an initial assessment the list may have lost
        and not (due.assessment_number = 1 and due.timeliness = 'not_known')
    group by children.authority_code, children.as_at, children.child_key

),

done as (

    select
        children.authority_code,
        children.as_at,
        children.child_key,
        max(due.seen_on) as last_owed_done_on

    from children
    inner join due
        on children.authority_code = due.authority_code
            and children.child_key = due.child_key
            and children.period_of_care_started_on = due.period_of_care_started_on
            and children.as_at >= due.seen_on
    group by children.authority_code, children.as_at, children.child_key

),

assessed as (

    select
        children.authority_code,
        children.as_at,
        children.child_key,
        max(assessments.seen_on) as health_assessed_on,
        sum(case when assessments.seen_on >= children.twelve_months_from then 1 else 0 end) as assessment_count

    from children
    inner join assessments
        on children.authority_code = assessments.authority_code
            and children.child_key = assessments.child_key
            and children.as_at >= assessments.seen_on
    group by children.authority_code, children.as_at, children.child_key

),

checked as (

    select
        children.authority_code,
        children.as_at,
        children.child_key,
        max(dental_checks.checked_on) as dental_checked_on

    from children
    inner join dental_checks
        on children.authority_code = dental_checks.authority_code
            and children.child_key = dental_checks.child_key
            and children.as_at >= dental_checks.checked_on
    group by children.authority_code, children.as_at, children.child_key

),

immunised as (

    select
        children.authority_code,
        children.as_at,
        children.child_key,
        immunisations.assessed_on,
        immunisations.is_up_to_date

    from children
    inner join immunisations
        on children.authority_code = immunisations.authority_code
            and children.child_key = immunisations.child_key
            and children.as_at >= immunisations.assessed_on
    qualify
        row_number() over (
            partition by children.authority_code, children.as_at, children.child_key
            -- one child under two ids of the trust, looked at on the same day: a gap found is a gap
            order by immunisations.assessed_on desc, case when immunisations.is_up_to_date then 1 else 0 end asc
        ) = 1

),

scored as (

    select
        children.authority_code,
        children.as_at,
        children.child_key,
        questionnaires.completed_on,
        questionnaires.sdq_score,
        questionnaires.sdq_band_code

    from children
    inner join questionnaires
        on children.authority_code = questionnaires.authority_code
            and children.child_key = questionnaires.child_key
            and questionnaires.completed_on between children.twelve_months_from and children.as_at
    qualify
        row_number() over (
            partition by children.authority_code, children.as_at, children.child_key
            order by questionnaires.completed_on desc, questionnaires.sdq_score desc
        ) = 1

),

aged as (

    select
        *,
        {{ turned(5, 'birth_month', 'as_at') }} as is_five,
        {{ turned(4, 'birth_month', 'as_at') }} and not {{ turned(17, 'birth_month', 'as_at') }} as is_sdq_age

    from children

),

final as (

    select
        -- identifiers
        aged.authority_code,
        aged.as_at,
        aged.child_key,
        aged.period_of_care_started_on,
        aged.is_twelve_months,
        aged.age,
        aged.is_known_to_trust,

        -- health assessment
        assessed.health_assessed_on,
        case
            when owed.is_overdue then false
            when owed.may_be_overdue then null
            when assessed.health_assessed_on >= aged.period_of_care_started_on then true
            -- done before care began, and it serves
            when done.last_owed_done_on is not null then true
        end as is_health_assessment_up_to_date,
        case when aged.is_known_to_trust then cast(coalesce(assessed.assessment_count, 0) as integer) end
            as health_assessments_in_twelve_months,
        case
            when not aged.is_known_to_trust then null
            when coalesce(assessed.assessment_count, 0) = 0 then false
            when assessed.assessment_count >= 2 then true
            else aged.is_five
        end as is_annual_health_assessment_done,

        -- dental check
        checked.dental_checked_on,
        case
            when aged.is_known_to_trust then coalesce(checked.dental_checked_on >= aged.twelve_months_from, false)
        end as is_dental_check_up_to_date,

        -- immunisations
        immunised.assessed_on as immunisation_assessed_on,
        immunised.is_up_to_date as is_immunisation_up_to_date,

        -- strengths and difficulties
        aged.is_sdq_age,
        case when aged.is_sdq_age and aged.is_known_to_trust then scored.completed_on is not null end
            as is_sdq_up_to_date,
        scored.completed_on as sdq_completed_on,
        scored.sdq_score,
        scored.sdq_band_code

    from aged

    -- left: a child of whom nothing is listed is one we look for
    {%- for one in ['owed', 'done', 'assessed', 'checked', 'immunised', 'scored'] %}
    left join {{ one }}
        on aged.authority_code = {{ one }}.authority_code
            and aged.as_at = {{ one }}.as_at
            and aged.child_key = {{ one }}.child_key
    {%- endfor %}

)

select * from final
