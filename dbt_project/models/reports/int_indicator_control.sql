{#- Process control of the months shown (XmR, as in NHS "Making Data Count"): what the process does by itself, and which
    points are more than that. Twelve points at least; a month without a value is no point.

    Limits: the mean of the points, and 2.66 times the mean moving range above and below it. Moving ranges beyond 3.27
    times their mean are left out of it once, so that one jump does not widen the limits that should show it.
    A point tells of a special cause by the first of
      - outside_limits: beyond a limit;
      - shift: one of seven or more in a row on the same side of the mean;
      - trend: one of seven or more that each rise, or each fall;
      - two_of_three: one of two among three in a row beyond two thirds of the way to the same limit.
    Differences that only binary fractions make are none: a constant series is on its mean. -#}

with

figures as (

    select * from {{ ref('int_indicator_figures') }}

),

definitions as (

    select * from {{ ref('indicator') }}

),

months as (

    select as_at

    from {{ ref('dim_reporting_date') }}
    where is_month_end
    qualify row_number() over (order by as_at desc) <= {{ var('indicator_month_ends') }}

),

points as (

    select
        figures.series_number,
        figures.as_at,
        figures.indicator_value,
        figures.indicator_value
        - lag(figures.indicator_value) over (partition by figures.series_number order by figures.as_at) as step

    from figures
    inner join definitions
        on figures.indicator_id = definitions.indicator_id
    inner join months
        on figures.as_at = months.as_at
    where
        definitions.cadence = 'monthly'
        and figures.period in ('snapshot', 'month')
        and figures.indicator_value is not null

),

ranges as (

    select
        series_number,
        {{ exact_mean('indicator_value') }} as process_mean,
        {{ exact_mean('abs(step)') }} as every_mean_range

    from points
    group by series_number
    having count(*) >= 12

),

kept_ranges as (

    select
        points.series_number,
        max(ranges.process_mean) as process_mean,
        {{ exact_mean('case when abs(points.step) <= 3.27 * ranges.every_mean_range then abs(points.step) end') }}
            as mean_range

    from points
    inner join ranges
        on points.series_number = ranges.series_number
    group by points.series_number

),

placed as (

    select
        points.*,
        kept_ranges.process_mean,
        kept_ranges.process_mean - 2.66 * kept_ranges.mean_range as process_lower,
        kept_ranges.process_mean + 2.66 * kept_ranges.mean_range as process_upper,
        points.indicator_value - kept_ranges.process_mean as off_mean,
        2.66 * kept_ranges.mean_range as to_limit,
        1e-9 * (1 + abs(kept_ranges.process_mean)) as noise

    from points
    inner join kept_ranges
        on points.series_number = kept_ranges.series_number

),

signed as (

    select
        *,
        case when off_mean > noise then 1 when off_mean < -noise then -1 else 0 end as side,
        case when off_mean > to_limit + noise then 1 when off_mean < -to_limit - noise then -1 else 0 end as outside,
        case
            when off_mean > to_limit * 2 / 3 + noise then 1
            when off_mean < -to_limit * 2 / 3 - noise then -1
            else 0
        end as near_limit,
        case when step > noise then 1 when step < -noise then -1 else 0 end as rise

    from placed

),

turned as (

    select
        *,
        case when side = lag(side) over (partition by series_number order by as_at) then 0 else 1 end as is_new_side,
        case when rise = lag(rise) over (partition by series_number order by as_at) then 0 else 1 end as is_new_rise,
        case
            when
                near_limit = lag(near_limit) over (partition by series_number order by as_at)
                or near_limit = lag(near_limit, 2) over (partition by series_number order by as_at)
                or near_limit = lead(near_limit) over (partition by series_number order by as_at)
                or near_limit = lead(near_limit, 2) over (partition by series_number order by as_at)
                then near_limit
            else 0
        end as two_of_three

    from signed

),

numbered as (

    select
        *,
        sum(is_new_side) over (partition by series_number order by as_at rows unbounded preceding) as side_run,
        sum(is_new_rise) over (partition by series_number order by as_at rows unbounded preceding) as rise_run

    from turned

),

measured as (

    select
        *,
        case when count(*) over (partition by series_number, side_run) >= 7 then side else 0 end as shift,
        -- seven points that rise are six steps up
        case when count(*) over (partition by series_number, rise_run) >= 6 then rise else 0 end as climb

    from numbered

),

ruled as (

    select
        *,
        -- the point before the first of the steps is the first of the seven
        case
            when climb <> 0 then climb
            else coalesce(lead(climb) over (partition by series_number order by as_at), 0)
        end as trend

    from measured

),

final as (

    select
        series_number,
        as_at,
        process_mean,
        process_lower,
        process_upper,
        case
            when outside <> 0 then 'outside_limits'
            when shift <> 0 then 'shift'
            when trend <> 0 then 'trend'
            when two_of_three <> 0 then 'two_of_three'
        end as variation_rule,
        -- which way: 1 up, -1 down, 0 where no rule says more than chance
        cast(
            case
                when outside <> 0 then outside
                when shift <> 0 then shift
                when trend <> 0 then trend
                else two_of_three
            end as integer
        ) as variation_sign

    from ruled

)

select * from final
