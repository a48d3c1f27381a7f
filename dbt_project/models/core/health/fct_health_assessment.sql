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
            when assessments.assessment_type_code = 'IHA' then clocks.initial_health_assessment_due_on
        end as statutory_due_on,
        days_seen.working_day_number - days_requested.working_day_number as working_days_request_to_seen

    from assessments

    -- left: the trust may not know the child, nor social care a period of care on that day
    left join care_periods
        on assessments.authority_code = care_periods.authority_code
            and assessments.child_key = care_periods.child_key
            and {{ is_on('assessments.requested_on', 'care_periods.started_on', 'care_periods.ended_on') }}
    left join clocks on care_periods.started_on = clocks.date_day

    -- left: not asked for or not seen yet, or on a day outside the calendar
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
        timed.seen_on,
        timed.report_returned_on,

        -- what became of it
        coalesce(timed.is_completed, false) as is_done,
        case
            when timed.statutory_due_on is null then null
            when timed.is_completed then timed.seen_on <= timed.statutory_due_on
            when timed.statutory_due_on <= night.as_at then false
        end as is_on_time,
        cast(timed.working_days_request_to_seen as integer) as working_days_request_to_seen,

        -- lineage
        timed.marks,
        timed.source_file,
        timed.source_row

    from timed
    cross join night

)

select * from final
