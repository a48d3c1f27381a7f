-- Plain SQL that DuckDB and PostgreSQL read alike; tables without a schema, which whoever creates the view chooses.
with

-- As the slices by team have it: of two social workers the one who came last; a personal adviser where there is none.
holders as (

    select
        allocations.authority_code,
        allocations.child_key,
        reporting_dates.as_at,
        allocations.worker_key,
        allocations.team_name,
        row_number() over (
            partition by allocations.authority_code, allocations.child_key, reporting_dates.as_at
            order by allocations.worker_role_code desc, allocations.started_on desc, allocations.worker_key asc
        ) as place

    from fct_allocation as allocations
    inner join dim_reporting_date as reporting_dates
        on allocations.started_on <= reporting_dates.as_at
            and reporting_dates.as_at < coalesce(allocations.ended_on, cast('9999-12-31' as date))
    where allocations.worker_role_code in ('social_worker', 'personal_adviser')

),

children as (

    select
        subjects.indicator_id,
        subjects.authority_code,
        subjects.as_at,
        subjects.period,
        case when indicators.subject = 'pupil' then coalesce(pupils.child_key, -1) else subjects.subject_key end
            as child_key,
        case when indicators.subject = 'pupil' then subjects.subject_key end as pupil_key,
        subjects.in_denominator,
        subjects.in_numerator,
        subjects.measure,
        subjects.first_event_on,
        subjects.last_event_on,
        case when subjects.in_numerator > 0 then indicators.numerator else indicators.population end as rule

    from indicator_subject as subjects
    inner join indicator as indicators
        on subjects.indicator_id = indicators.indicator_id

    -- left: a subject that is a child is in no list of pupils under that key, or under its own
    left join bridge_pupil_child as pupils
        on subjects.authority_code = pupils.authority_code
            and subjects.subject_key = pupils.pupil_key
    where indicators.subject <> 'worker'

)

select
    children.indicator_id,
    children.authority_code,
    children.as_at,
    children.period,
    children.child_key,
    children.pupil_key,
    coalesce(holders.team_name, 'unknown') as team_name,
    coalesce(holders.worker_key, -1) as worker_key,
    children.in_denominator,
    children.in_numerator,
    children.in_numerator > 0 as is_counted,
    children.measure,
    children.rule,
    children.first_event_on,
    children.last_event_on,
    looked_after.period_of_care_started_on as looked_after_since,
    looked_after.placement_started_on as placed_since,
    on_plan.plan_started_on as on_protection_plan_since

from children

-- left: nobody may hold the case, and not everybody is looked after or on a plan
left join holders
    on children.authority_code = holders.authority_code
        and children.child_key = holders.child_key
        and children.as_at = holders.as_at
        and holders.place = 1
left join fct_looked_after_child as looked_after
    on children.authority_code = looked_after.authority_code
        and children.child_key = looked_after.child_key
        and children.as_at = looked_after.as_at
left join fct_child_on_protection_plan as on_plan
    on children.authority_code = on_plan.authority_code
        and children.child_key = on_plan.child_key
        and children.as_at = on_plan.as_at
