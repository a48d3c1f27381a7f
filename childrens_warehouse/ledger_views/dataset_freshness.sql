-- One row per authority and dataset: as of which night it is known, and since when it is late.
-- Expected are the nights of the week on which it came in at least half of the four weeks up to its last delivery;
-- before its third delivery, within its first two weeks, only the nights without a folder.
with

delivered as (

    select
        authority,
        source,
        dataset,
        night,
        status,
        due_at,
        status in ('accepted', 'unchanged') as is_delivered,
        became = 'superseded' as is_superseded

    from dataset_night

),

known as (

    select
        authority,
        source,
        dataset,
        -- a newest night whose file does not count was overtaken by an older one's: a clock was wrong
        max(night) filter (where is_delivered and not is_superseded) as as_of,
        count(*) filter (where is_delivered) as deliveries

    from delivered
    group by authority, source, dataset

),

rhythm as (

    select
        known.authority,
        known.dataset,
        isodow(delivered.night) as weekday,
        count(*) as nights,
        count(*) filter (where delivered.is_delivered) as deliveries

    from known
    inner join delivered
        on known.authority = delivered.authority
        and known.dataset = delivered.dataset
        and delivered.night between known.as_of - 27 and known.as_of
    group by known.authority, known.dataset, isodow(delivered.night)

),

-- for a night of the week that the history does not hold yet
overall as (

    select authority, dataset, sum(nights) as nights, sum(deliveries) as deliveries
    from rhythm
    group by authority, dataset

),

missed as (

    select
        known.authority,
        known.dataset,
        min(delivered.night) as first_missed,
        min(delivered.due_at) as late_since,
        count(*) as nights_missed,
        arg_max(
            case when delivered.is_delivered and delivered.is_superseded then 'overtaken' else delivered.status end,
            delivered.night
        ) as last_status

    from known
    inner join dataset on known.dataset = dataset.dataset
    inner join delivered
        on known.authority = delivered.authority
        and known.dataset = delivered.dataset
        and coalesce(delivered.night > known.as_of, true)
    left join rhythm
        on known.authority = rhythm.authority
        and known.dataset = rhythm.dataset
        and isodow(delivered.night) = rhythm.weekday
    left join overall on known.authority = overall.authority and known.dataset = overall.dataset
    where
        -- a return that came once may be due in a year
        (known.deliveries <> 1 or dataset.coverage <> 'collection_year')
        -- nor are registers of a first weekend
        and not (dataset.coverage = 'school_date' and isodow(delivered.night) > 5 and rhythm.nights is null)
        -- nor is a list late that a complete folder leaves out, before it shows how often it comes
        and not (
            delivered.status = 'missing'
            and coalesce(overall.deliveries, 0) < 3
            and coalesce(overall.nights, 0) < 14
        )
        and coalesce(
            2 * rhythm.deliveries >= rhythm.nights,
            2 * overall.deliveries >= overall.nights,
            true
        )
    group by known.authority, known.dataset

)

select
    known.authority,
    known.source,
    known.dataset,
    known.as_of,
    known.deliveries,
    dataset.due,
    missed.late_since,
    missed.nights_missed,
    missed.last_status,
    case
        when known.as_of is null then 'never accepted'
        when missed.late_since is null then 'on time'
        when missed.late_since > (select instant from asked_at) then 'awaited'
        else 'late'
    end as state

from known
left join dataset on known.dataset = dataset.dataset
left join missed on known.authority = missed.authority and known.dataset = missed.dataset
