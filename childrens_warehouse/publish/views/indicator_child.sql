-- Plain SQL that DuckDB and PostgreSQL read alike; tables without a schema, which whoever creates the view chooses.
-- No `with`: PostgreSQL computes one in full, all dates of it, where a table in it is looked through with a log.
select
    subjects.indicator_id,
    subjects.authority_code,
    subjects.as_at,
    subjects.period,
    case when indicators.subject = 'pupil' then coalesce(pupils.child_key, -1) else subjects.subject_key end
        as child_key,
    case when indicators.subject = 'pupil' then subjects.subject_key end as pupil_key,
    coalesce(holders.team_name, 'unknown') as team_name,
    coalesce(holders.worker_key, -1) as worker_key,
    subjects.in_denominator,
    subjects.in_numerator,
    subjects.in_numerator > 0 as is_counted,
    subjects.measure,
    case when subjects.in_numerator > 0 then indicators.numerator else indicators.population end as rule,
    subjects.first_event_on,
    subjects.last_event_on,
    looked_after.period_of_care_started_on as looked_after_since,
    looked_after.placement_started_on as placed_since,
    on_plan.plan_started_on as on_protection_plan_since

from indicator_subject as subjects
inner join indicator as indicators
    on subjects.indicator_id = indicators.indicator_id

-- left: most subjects are children, who are in no list of pupils
left join bridge_pupil_child as pupils
    on subjects.authority_code = pupils.authority_code
        and subjects.subject_key = pupils.pupil_key

-- left: nobody may hold the case
left join fct_case_holder as holders
    on subjects.authority_code = holders.authority_code
        and subjects.as_at = holders.as_at
        and case when indicators.subject = 'pupil' then pupils.child_key else subjects.subject_key end
        = holders.child_key

-- left: not everybody is looked after, or on a plan
left join fct_looked_after_child as looked_after
    on subjects.authority_code = looked_after.authority_code
        and subjects.as_at = looked_after.as_at
        and case when indicators.subject = 'pupil' then pupils.child_key else subjects.subject_key end
        = looked_after.child_key
left join fct_child_on_protection_plan as on_plan
    on subjects.authority_code = on_plan.authority_code
        and subjects.as_at = on_plan.as_at
        and case when indicators.subject = 'pupil' then pupils.child_key else subjects.subject_key end
        = on_plan.child_key
where indicators.subject not in ('worker', 'school')
