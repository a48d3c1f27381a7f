-- One row per build: how far it came, what its gate said, and the release it became.
with

began as (

    select
        build_id,
        any_value(run_id) as run_id,
        cast(any_value(json_extract_string(detail, '$.as_at')) as date) as as_at,
        min(recorded_at) as begun_at,
        min(cast(json_extract_string(detail, '$.last_event') as bigint)) as last_event

    from build_event
    where step = 'begin' and state = 'done'
    group by build_id

),

told as (

    select
        build_id,
        max(recorded_at) as last_told_at,
        arg_max(step, recorded_at) filter (where state = 'failed') as failed_step,
        arg_max(json_extract_string(detail, '$.message'), recorded_at)
            filter (where state in ('failed', 'could not judge')) as message,
        arg_max(state, recorded_at) filter (where step = 'gate') as gate_verdict

    from build_event
    group by build_id

),

released as (

    select
        build_id,
        min(recorded_at) as released_at,
        arg_min(release_id, recorded_at) as release_id,
        any_value(json_extract_string(detail, '$.known_on')) as known_on

    from release_event
    group by build_id

)

select
    began.build_id,
    began.run_id,
    began.as_at,
    began.begun_at,
    -- What a build could know goes by the order of writing down: the clocks of two machines differ.
    coalesce(
        began.last_event,
        (select max(file_event.event_id) from file_event where file_event.recorded_at <= began.begun_at),
        0
    ) as begun_event,
    told.last_told_at,
    told.gate_verdict,
    told.failed_step,
    told.message,
    released.release_id,
    released.released_at,
    released.known_on,
    case
        when released.release_id is not null then 'published'
        when told.gate_verdict = 'fail' then 'held'
        when told.gate_verdict = 'could not judge' then 'could not judge'
        when told.failed_step is not null then 'failed'
        when told.gate_verdict is not null then 'gated'
        else 'unfinished'
    end as state

from began
inner join told on began.build_id = told.build_id
left join released on began.build_id = released.build_id
