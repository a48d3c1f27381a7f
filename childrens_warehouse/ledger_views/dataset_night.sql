-- One row per authority, dataset and night: what that night's file was and what became of it.
-- Nights run since the dataset was first delivered are all there, those without a folder too.
with

told as (

    select * from file_event
    where dataset <> ''

),

-- A run that finds a folder as it was says nothing new of it.
deciding as (

    select * from told
    qualify
        status <> 'unchanged'
        or sha256 is distinct from lag(sha256) over (
            partition by authority, dataset, extract_date order by event_id
        )

),

last_word as (

    select * from deciding
    qualify row_number() over (
        partition by authority, dataset, extract_date
        order by (status = 'missing'), event_id desc
    ) = 1

),

arrival as (

    select
        authority,
        dataset,
        extract_date,
        min(recorded_at) as arrived_at,
        min(night) as arrived_in_night

    from told
    where status <> 'missing'
    group by authority, dataset, extract_date

),

-- Since when a file counts, and until when: by stamp, whatever came first.
accepted_file as (

    select
        authority,
        dataset,
        scope,
        generated_at,
        sha256,
        max(extract_date) as extract_date,
        min(event_id) as accepted_event

    from told
    where status in ('accepted', 'unchanged')
    group by authority, dataset, scope, generated_at, sha256

),

counted as (

    select
        *,
        case
            when scope <> 'school_date'
                then min(accepted_event) over (
                    partition by authority, dataset, scope
                    order by generated_at, extract_date, sha256
                    rows between 1 following and unbounded following
                )
        end as superseded_event

    from accepted_file

),

nightly_release as (

    select
        begun_event,
        arg_min(release_id, begun_at) as first_release,
        arg_max(release_id, begun_at) as last_release

    from build
    where release_id is not null and known_on is null
    group by begun_event

),

with_first as (

    select
        counted.*,
        nightly_release.first_release,
        nightly_release.begun_event as first_begun

    from counted
    asof left join nightly_release on counted.accepted_event <= nightly_release.begun_event

),

with_last as (

    select
        with_first.*,
        nightly_release.last_release,
        nightly_release.begun_event as last_begun

    from with_first
    asof left join nightly_release
        on coalesce(with_first.superseded_event, 9223372036854775807) > nightly_release.begun_event

),

first_delivered as (

    select authority, source, dataset, min(extract_date) as since from last_word
    where status <> 'missing'
    group by authority, source, dataset

),

night_run as (

    select distinct source, night from source_night

),

grid as (

    select first_delivered.authority, first_delivered.source, first_delivered.dataset, night_run.night
    from first_delivered
    inner join night_run
        on first_delivered.source = night_run.source and first_delivered.since <= night_run.night
    union
    select last_word.authority, last_word.source, last_word.dataset, last_word.extract_date
    from last_word

)

select
    grid.authority,
    grid.source,
    grid.dataset,
    grid.night,
    coalesce(last_word.status, 'no folder') as status,
    due_time.due_at,
    arrival.arrived_at,
    arrival.arrived_in_night,
    -- A night that was run long afterwards says nothing of when its files came: then their stamp tells.
    arrival.arrived_in_night > grid.night or (
        case
            when arrival.arrived_at < grid.night + interval 3 days then arrival.arrived_at
            else last_word.generated_at
        end
    ) > due_time.due_at as is_late,
    last_word.file_name,
    last_word.scope,
    last_word.generated_at,
    last_word.sha256,
    last_word.archived_as,
    last_word.rows_read,
    last_word.rows_loaded,
    last_word.rows_refused,
    last_word.rows_new,
    last_word.rows_changed,
    last_word.rows_unchanged,
    last_word.rows_withdrawn,
    last_word.verdict,
    last_word.rule,
    last_word.reason,
    case when with_last.last_begun >= with_last.first_begun then with_last.first_release end as first_release,
    case when with_last.last_begun >= with_last.first_begun then with_last.last_release end as last_release,
    case
        when last_word.status is null then 'no folder'
        when last_word.status = 'missing' then 'not delivered'
        when last_word.status = 'refused' then 'refused'
        when with_last.last_begun >= with_last.first_begun and with_last.superseded_event is null then 'published'
        when with_last.last_begun >= with_last.first_begun then 'replaced'
        when with_last.superseded_event is not null then 'superseded'
        else 'waiting'
    end as became

from grid
left join last_word
    on grid.authority = last_word.authority
    and grid.dataset = last_word.dataset
    and grid.night = last_word.extract_date
left join arrival
    on grid.authority = arrival.authority
    and grid.dataset = arrival.dataset
    and grid.night = arrival.extract_date
left join with_last
    on last_word.authority = with_last.authority
    and last_word.dataset = with_last.dataset
    and last_word.scope = with_last.scope
    and last_word.generated_at = with_last.generated_at
    and last_word.sha256 = with_last.sha256
left join dataset on grid.dataset = dataset.dataset
left join due_time on grid.night = due_time.night and dataset.due = due_time.due
