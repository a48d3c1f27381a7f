{#- Four clocks of an assessment, none of them in place of another.

    Initial assessment, care began on Friday 31 March 2017, request and consent reached the trust on Thursday 13
    April:
    - by statute: 20 working days from becoming looked after, 3 May;
    - in calendar days: 28 from becoming looked after, 28 April, as some councils report;
    - from the request: 20 working days from 13 April, 15 May, as trusts report: the day of the request is day 0. It
      runs for whoever the trust was asked to see, in care or not;
    - the trust's own: the day it writes as due. The only one of the four that review assessments have: they are
      asked for well before they are due.

    Seen on 3 May: on time by statute and from the request, too late by calendar days. Asked for on 30 March, before care
    began on 31 March, and seen on 20 April: it belongs to the period of care of the day it was done, so the clocks that
    start with care run; asked for before and not done, they do not. Refused, not brought, cancelled: not done, and late
    once the day has come. -#}
with

assessments as (

    select * from {{ of_children(ref('stg_health__health_assessments'), 'health') }}

),

care_periods as (

    select * from {{ ref('fct_care_period') }}
    -- children in a series of short breaks are not owed an initial assessment
    where not is_short_break

),

clocks as (

    select * from {{ ref('int_care_clocks') }}

),

days as (

    select
        date_day,
        working_day_number

    from {{ ref('dim_date') }}

),

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

timed as (

    select
        assessments.*,
        assessments.outcome_code = 'completed' and assessments.seen_on is not null as is_completed,
        case
            when assessments.assessment_type_code = 'IHA' then care_clocks.initial_health_assessment_due_on
        end as statutory_due_on,
        case
            when assessments.assessment_type_code = 'IHA' then care_clocks.initial_health_assessment_calendar_due_on
        end as calendar_due_on,
        case
            when assessments.assessment_type_code = 'IHA' then request_clocks.initial_health_assessment_due_on
        end as request_due_on,
        days_seen.working_day_number - days_requested.working_day_number as working_days_request_to_seen

    from assessments

    -- left: the trust may not know the child, nor social care a period of care on either day
    left join care_periods
        on assessments.authority_code = care_periods.authority_code
            and assessments.child_key = care_periods.child_key
            and {{ is_on('assessments.requested_on', 'care_periods.started_on', 'care_periods.ended_on') }}
    left join care_periods as periods_seen
        on assessments.authority_code = periods_seen.authority_code
            and assessments.child_key = periods_seen.child_key
            and {{ is_on('assessments.seen_on', 'periods_seen.started_on', 'periods_seen.ended_on') }}
    left join clocks as care_clocks
        on coalesce(care_periods.started_on, periods_seen.started_on) = care_clocks.date_day

    -- left: not asked for or not seen yet, or on a day outside the calendar
    left join clocks as request_clocks on assessments.requested_on = request_clocks.date_day
    left join days as days_requested on assessments.requested_on = days_requested.date_day
    left join days as days_seen on assessments.seen_on = days_seen.date_day

),

final as (

    select
        -- identifiers
        timed.authority_code,
        timed.assessment_id,
        timed.child_key,
        timed.patient_key,

        -- codes
        timed.assessment_type_code,
        timed.outcome_code,
        timed.area_code,

        -- dates
        timed.requested_on,
        timed.provider_due_on,
        timed.statutory_due_on,
        timed.calendar_due_on,
        timed.request_due_on,
        timed.seen_on,
        timed.report_returned_on,

        -- what became of it
        coalesce(timed.is_completed, false) as is_done,
        {%- for clock, flag in [
            ('statutory_due_on', 'is_on_time'),
            ('calendar_due_on', 'is_on_time_in_calendar_days'),
            ('request_due_on', 'is_on_time_from_request'),
            ('provider_due_on', 'is_on_time_for_provider'),
        ] %}
            case
                when timed.{{ clock }} is null then null
                when timed.is_completed then timed.seen_on <= timed.{{ clock }}
                when timed.{{ clock }} <= night.as_at then false
            end as {{ flag }},
        {%- endfor %}
        cast(timed.working_days_request_to_seen as integer) as working_days_request_to_seen,

        -- lineage
        timed.marks,
        timed.source_file,
        timed.source_row

    from timed
    cross join night

)

select * from final
