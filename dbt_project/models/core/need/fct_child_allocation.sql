{#- Different social workers, counted by worker: one who comes back is the same worker. Of the twelve months to
    31 March 2017, worker 1 to May, 2 to August, 1 again to December, 3 since: three different workers, not four.
    A worker who handed over on 1 April 2016 (ended_on) had no day of the twelve months.

    Days without a social worker run from the day after which nobody was allocated, or from the day the child became
    looked after or went on the plan, if that is later. The first day without one is day 1: allocated until
    1 March (ended_on), 31 March is day 31. -#}
with

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

care_periods as (

    select
        authority_code,
        child_key,
        started_on,
        ended_on

    from {{ ref('fct_care_period') }}
    where not is_short_break

),

spells as (

    select
        authority_code,
        child_key,
        started_on,
        ended_on,
        'looked_after' as kind

    from care_periods

    union all

    select
        authority_code,
        child_key,
        started_on,
        ended_on,
        'child_protection_plan' as kind

    from {{ ref('fct_child_protection_plan') }}

    union all

    select
        authority_code,
        child_key,
        started_on,
        ended_on,
        'child_in_need_plan' as kind

    from {{ ref('fct_child_in_need_plan') }}

),

social_workers as (

    select * from {{ ref('fct_allocation') }}
    where worker_role_code = 'social_worker'

),

lists as (

    select
        authority_code,
        max(case when dataset = 'allocations' then 1 else 0 end) as is_allocations_known,
        max(case when dataset = 'ssda903_sw_episodes' then 1 else 0 end) as is_return_known

    from {{ ref('stg_warehouse__extracts') }}
    group by authority_code

),

children as (

    select
        spells.authority_code,
        reporting_dates.as_at,
        spells.child_key,
        reporting_dates.twelve_months_from,
        min(spells.started_on) as known_since,
        max(case when spells.kind = 'looked_after' then 1 else 0 end) = 1 as is_looked_after,
        max(case when spells.kind = 'child_protection_plan' then 1 else 0 end) = 1 as is_on_child_protection_plan,
        max(case when spells.kind = 'child_in_need_plan' then 1 else 0 end) = 1 as is_on_child_in_need_plan

    from spells
    inner join reporting_dates
        on {{ is_on('reporting_dates.as_at', 'spells.started_on', 'spells.ended_on') }}
    group by spells.authority_code, reporting_dates.as_at, spells.child_key, reporting_dates.twelve_months_from

),

-- Where two are allocated at once, the one who came last holds the case.
allocated as (

    select
        children.authority_code,
        children.as_at,
        children.child_key,
        social_workers.worker_key,
        social_workers.team_name,
        social_workers.started_on

    from children
    inner join social_workers
        on children.authority_code = social_workers.authority_code
            and children.child_key = social_workers.child_key
            and {{ is_on('children.as_at', 'social_workers.started_on', 'social_workers.ended_on') }}
    qualify
        row_number() over (
            partition by children.authority_code, children.child_key, children.as_at
            order by social_workers.started_on desc, social_workers.worker_key asc
        ) = 1

),

in_twelve_months as (

    select
        children.authority_code,
        children.as_at,
        children.child_key,
        count(distinct social_workers.worker_key) as social_worker_count

    from children
    inner join social_workers
        on children.authority_code = social_workers.authority_code
            and children.child_key = social_workers.child_key
            and {{ is_within(
                'children.twelve_months_from',
                'children.as_at',
                'social_workers.started_on',
                'social_workers.ended_on'
            ) }}
    where social_workers.ended_on is null or social_workers.ended_on > social_workers.started_on
    group by children.authority_code, children.as_at, children.child_key

),

in_care as (

    select
        children.authority_code,
        children.as_at,
        children.child_key,
        count(distinct social_workers.worker_key) as social_worker_count

    from children
    inner join care_periods
        on children.authority_code = care_periods.authority_code
            and children.child_key = care_periods.child_key
            and {{ is_within(
                'children.twelve_months_from',
                'children.as_at',
                'care_periods.started_on',
                'care_periods.ended_on'
            ) }}
    inner join social_workers
        on children.authority_code = social_workers.authority_code
            and children.child_key = social_workers.child_key
            and {{ is_within(
                'greatest(children.twelve_months_from, care_periods.started_on)',
                "least(children.as_at, " ~ add_days(
                    "coalesce(care_periods.ended_on, cast('9999-12-31' as date))", -1
                ) ~ ")",
                'social_workers.started_on',
                'social_workers.ended_on'
            ) }}
    where
        children.is_looked_after
        and (social_workers.ended_on is null or social_workers.ended_on > social_workers.started_on)
    group by children.authority_code, children.as_at, children.child_key

),

last_allocated as (

    select
        children.authority_code,
        children.as_at,
        children.child_key,
        max(social_workers.ended_on) as last_ended_on

    from children
    inner join social_workers
        on children.authority_code = social_workers.authority_code
            and children.child_key = social_workers.child_key
            and children.as_at >= social_workers.ended_on
    group by children.authority_code, children.as_at, children.child_key

),

joined as (

    select
        children.*,
        allocated.worker_key,
        allocated.team_name,
        allocated.started_on as allocated_on,
        last_allocated.last_ended_on,
        in_twelve_months.social_worker_count,
        in_care.social_worker_count as social_worker_count_in_care,
        coalesce(
            lists.is_allocations_known = 1 or (lists.is_return_known = 1 and children.is_looked_after), false
        ) as is_known

    from children

    -- left: nobody may hold the case, now or ever
    left join allocated
        on children.authority_code = allocated.authority_code
            and children.child_key = allocated.child_key
            and children.as_at = allocated.as_at
    left join in_twelve_months
        on children.authority_code = in_twelve_months.authority_code
            and children.child_key = in_twelve_months.child_key
            and children.as_at = in_twelve_months.as_at
    left join in_care
        on children.authority_code = in_care.authority_code
            and children.child_key = in_care.child_key
            and children.as_at = in_care.as_at
    left join last_allocated
        on children.authority_code = last_allocated.authority_code
            and children.child_key = last_allocated.child_key
            and children.as_at = last_allocated.as_at
    left join lists on children.authority_code = lists.authority_code

),

final as (

    select
        -- identifiers
        authority_code,
        as_at,
        child_key,

        -- why the child is here
        is_looked_after,
        is_on_child_protection_plan,
        is_on_child_in_need_plan,

        -- who holds the case
        case when is_known then worker_key is not null end as is_allocated,
        cast(coalesce(worker_key, -1) as bigint) as worker_key,
        {{ or_unknown('team_name') }} as team_name,
        allocated_on,
        {{ days_between('allocated_on', 'as_at') }} as days_since_allocation,
        case
            when worker_key is not null then 0
            when is_known
                then {{ days_between('greatest(coalesce(last_ended_on, known_since), known_since)', 'as_at') }} + 1
        end as days_without_social_worker,

        -- how often it changed hands
        case when is_known then cast(coalesce(social_worker_count, 0) as integer) end
            as social_worker_twelve_months_count,
        case when is_known and is_looked_after then cast(coalesce(social_worker_count_in_care, 0) as integer) end
            as social_worker_twelve_months_in_care_count,
        case when is_known and is_looked_after then coalesce(social_worker_count_in_care, 0) >= 3 end
            as is_three_or_more_social_workers

    from joined

)

select * from final
