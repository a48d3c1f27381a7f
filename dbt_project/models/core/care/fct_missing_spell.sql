{#- A spell is half-open: the child is missing from the day it began to the day before it was back.
        1 May to 3 May -> 2 days    1 May to 1 May -> 0 days    1 May, not back -> open, days not known yet
    A spell that is open over 31 March is in two returns under the same first day: it is one spell, and the later
    return says when it ended. Two spells of one child overlap if they share a day, whatever their kinds; a spell of no
    days shares none. -#}
with

spells as (

    {{ in_force(
        of_children(ref('stg_social_care__missing'), 'social_care'),
        ['authority_code', 'child_key', 'started_on', 'missing_code']
    ) }}

),

care_periods as (

    select * from {{ ref('fct_care_period') }}

),

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

neighbours as (

    select
        spells.*,
        max(coalesce(ended_on, cast('9999-12-31' as date))) over (
            partition by authority_code, child_key
            order by started_on, coalesce(ended_on, cast('9999-12-31' as date)), missing_code
            rows between unbounded preceding and 1 preceding
        ) as latest_end_before,
        min(
            case
                when ended_on is null or ended_on > started_on then started_on
                else cast('9999-12-31' as date)
            end
        ) over (
            partition by authority_code, child_key
            order by started_on, coalesce(ended_on, cast('9999-12-31' as date)), missing_code
            rows between 1 following and unbounded following
        ) as next_start_after

    from spells

),

final as (

    select
        neighbours.authority_code,
        neighbours.child_key,
        neighbours.started_on,
        neighbours.missing_code,
        neighbours.missing_code = 'A' as is_whereabouts_known,
        neighbours.ended_on,
        neighbours.ended_on is null as is_open,
        {{ days_between('neighbours.started_on', 'neighbours.ended_on') }} as days,
        care_periods.started_on as period_of_care_started_on,
        care_periods.started_on is not null as is_in_care,
        care_periods.started_on is not null and not coalesce(care_periods.is_short_break, false) as is_looked_after,
        (neighbours.ended_on is null or neighbours.ended_on > neighbours.started_on)
        and (
            coalesce(neighbours.latest_end_before > neighbours.started_on, false)
            or coalesce(
                neighbours.next_start_after < coalesce(neighbours.ended_on, cast('9999-12-31' as date)), false
            )
        ) as is_overlapping,
        neighbours.started_on > night.as_at as is_in_future,
        neighbours.marks,
        neighbours.source_file,
        neighbours.source_row

    from neighbours
    cross join night

    -- left: a spell outside care is kept, and says so
    left join care_periods
        on neighbours.authority_code = care_periods.authority_code
            and neighbours.child_key = care_periods.child_key
            and {{ is_on('neighbours.started_on', 'care_periods.started_on', 'care_periods.ended_on') }}

)

select * from final
