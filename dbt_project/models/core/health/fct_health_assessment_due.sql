{#- What health assessments a child in care is owed, and whether they were done.

    The initial one, by a doctor (IHA):
    - Care begins on Friday 31 March 2017: due on the 20th working day after it, Wednesday 3 May (int_care_clocks),
      so that the first review has it.
    - Completed on 10 January, care begins on 1 April: it serves, because it was done within three months before
      care began. Completed on 31 December it does not.
    - A period of care that restarts is owed one again, unless the one of the period before is that recent.
    - The list has a review assessment in the period and no initial one: it was done before the list begins, or
      never; not known.
    - To be asked for within five working days: care begins on Friday 31 March 2017, by Friday 7 April. A request of
      the three months before care began serves as the assessment does. Done, and the day it was asked for is not
      listed: not known. Never asked for: not on time.

    Review assessments (RHA): after each assessment completed in the period, of either kind, the next.
    - Under five at the end of six months: due six months after the one before was done. 31 August and six months is
      28 February, in 2016 29 February.
    - Five by then: due twelve months after the one before. A child seen on 10 January that turns five in May is
      five on 10 July, so nothing is due then: the law asks for one in each six months before the fifth birthday and
      for one in each twelve months after it. A child that turns five on 10 July itself is five on that day.
    - Turning five in the month in which the six months end: the day of birth would decide, and only the month is
      known. Due on 10 July at the earliest and on 10 January at the latest; done by the earliest is on time, done
      after the latest is late, and between the two it is not known. The same where the month of birth is not known.
    - Brought forward or late, the day it was done sets the clock of the next.

    Refused, not brought and cancelled are not done and leave what is owed as it was. Nothing is owed on or after
    the day the child left, nor by children in a series of short breaks. -#}
with

care_periods as (

    select * from {{ ref('fct_care_period') }}
    where not is_short_break

),

clocks as (

    select * from {{ ref('int_care_clocks') }}

),

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

children as (

    select
        authority_code,
        child_key,
        birth_month

    from {{ ref('dim_child') }}
    where valid_to is null

),

-- By day: the trust may have asked twice for what was done once. What is dated after the night is not done yet.
assessments as (

    select
        done.authority_code,
        done.child_key,
        done.seen_on,
        max(case when done.assessment_type_code = 'IHA' then 1 else 0 end) = 1 as is_initial

    from {{ ref('fct_health_assessment') }} as done
    inner join night on done.seen_on <= night.as_at
    where done.is_done
    group by done.authority_code, done.child_key, done.seen_on

),

requests as (

    select
        authority_code,
        child_key,
        requested_on

    from {{ ref('fct_health_assessment') }}
    where assessment_type_code = 'IHA' and requested_on is not null

),

served as (

    select
        care_periods.authority_code,
        care_periods.child_key,
        care_periods.started_on,
        assessments.seen_on,
        assessments.is_initial

    from care_periods
    inner join assessments
        on care_periods.authority_code = assessments.authority_code
            and care_periods.child_key = assessments.child_key
    where {{ is_on('assessments.seen_on', 'care_periods.started_on', 'care_periods.ended_on') }}
    union all
    select
        care_periods.authority_code,
        care_periods.child_key,
        care_periods.started_on,
        max(assessments.seen_on) as seen_on,
        true as is_initial

    from care_periods
    inner join assessments
        on care_periods.authority_code = assessments.authority_code
            and care_periods.child_key = assessments.child_key
    where
        assessments.is_initial
        and assessments.seen_on < care_periods.started_on
        and assessments.seen_on
        >= {{ add_months('care_periods.started_on', '-' ~ var('initial_health_assessment_serves_months')) }}
    group by care_periods.authority_code, care_periods.child_key, care_periods.started_on

),

numbered as (

    select
        served.*,
        row_number() over of_period as assessment_number,
        lead(seen_on) over of_period as next_seen_on

    from served
    window of_period as (
        partition by authority_code, child_key, started_on
        order by seen_on
    )

),

first_ones as (

    select
        authority_code,
        child_key,
        started_on,
        min(case when is_initial then seen_on end) as initial_seen_on

    from numbered
    group by authority_code, child_key, started_on

),

asked_for as (

    select
        care_periods.authority_code,
        care_periods.child_key,
        care_periods.started_on,
        min(requests.requested_on) as requested_on

    from care_periods
    inner join requests
        on care_periods.authority_code = requests.authority_code
            and care_periods.child_key = requests.child_key
            and {{ is_on(
            'requests.requested_on',
            add_months('care_periods.started_on', '-' ~ var('initial_health_assessment_serves_months')),
            'care_periods.ended_on'
        ) }}
    group by care_periods.authority_code, care_periods.child_key, care_periods.started_on

),

initial as (

    select
        care_periods.authority_code,
        care_periods.child_key,
        care_periods.started_on,
        care_periods.ended_on,
        1 as assessment_number,
        cast(null as date) as previous_seen_on,
        clocks.initial_health_assessment_request_due_on as request_due_on,
        asked_for.requested_on,
        clocks.initial_health_assessment_calendar_due_on as calendar_due_on,
        clocks.initial_health_assessment_due_on as earliest_due_on,
        clocks.initial_health_assessment_due_on as latest_due_on,
        first_ones.initial_seen_on as seen_on,
        first_ones.started_on is not null and first_ones.initial_seen_on is null as is_not_listed

    from care_periods

    -- left: a period of care may begin outside the calendar, and nothing may be done yet
    left join clocks on care_periods.started_on = clocks.date_day
    left join first_ones
        on care_periods.authority_code = first_ones.authority_code
            and care_periods.child_key = first_ones.child_key
            and care_periods.started_on = first_ones.started_on
    left join asked_for
        on care_periods.authority_code = asked_for.authority_code
            and care_periods.child_key = asked_for.child_key
            and care_periods.started_on = asked_for.started_on

),

six_months_on as (

    select
        numbered.*,
        care_periods.ended_on,
        {{ add_months('numbered.seen_on', var('health_review_due_months_under_five')) }} as due_under_five_on,
        {{ add_months('numbered.seen_on', var('health_review_due_months_from_five')) }} as due_from_five_on,
        children.birth_month

    from numbered
    inner join care_periods
        on numbered.authority_code = care_periods.authority_code
            and numbered.child_key = care_periods.child_key
            and numbered.started_on = care_periods.started_on

    -- left: the month of birth may not be known
    left join children
        on numbered.authority_code = children.authority_code
            and numbered.child_key = children.child_key

),

aged as (

    select
        six_months_on.*,
        {{ turned(5, 'birth_month', 'due_under_five_on') }} as is_five

    from six_months_on

),

owed as (

    select * from initial
    union all
    select
        authority_code,
        child_key,
        started_on,
        ended_on,
        cast(assessment_number + 1 as integer) as assessment_number,
        seen_on as previous_seen_on,
        cast(null as date) as request_due_on,
        cast(null as date) as requested_on,
        cast(null as date) as calendar_due_on,
        case when is_five then due_from_five_on else due_under_five_on end as earliest_due_on,
        case when not is_five then due_under_five_on else due_from_five_on end as latest_due_on,
        next_seen_on as seen_on,
        false as is_not_listed

    from aged

),

judged as (

    select
        owed.*,
        case
            when owed.seen_on <= owed.earliest_due_on then 'on_time'
            when owed.seen_on > owed.latest_due_on then 'late'
            when owed.seen_on is not null or owed.is_not_listed then 'not_known'
            when owed.earliest_due_on > night.as_at then 'not_yet_due'
            when owed.latest_due_on <= night.as_at and (owed.ended_on is null or owed.latest_due_on < owed.ended_on)
                then 'overdue'
            else 'not_known'
        end as timeliness,
        case
            when owed.requested_on <= owed.request_due_on then true
            when owed.requested_on > owed.request_due_on then false
            when owed.seen_on is not null or owed.is_not_listed or owed.request_due_on > night.as_at then null
            when owed.request_due_on is not null then false
        end as is_requested_on_time

    from owed
    cross join night
    where
        owed.seen_on is not null
        or {{ is_on('owed.earliest_due_on', 'owed.started_on', 'owed.ended_on') }}

),

final as (

    select
        -- identifiers
        authority_code,
        child_key,
        started_on as period_of_care_started_on,
        cast(assessment_number as integer) as assessment_number,

        -- dates
        case when assessment_number = 1 then 'IHA' else 'RHA' end as assessment_type_code,
        previous_seen_on,
        case when earliest_due_on = latest_due_on then earliest_due_on end as due_on,
        earliest_due_on,
        latest_due_on,
        calendar_due_on,
        request_due_on,
        requested_on,
        seen_on,

        -- what became of it
        seen_on is not null as is_done,
        {{ is_on('latest_due_on', 'started_on', 'ended_on') }} as is_in_care_when_due,
        timeliness,
        is_requested_on_time

    from judged

)

select * from final
