{{ config(materialized='table', schema='marts', access='public') }}

{%- set small = var('small_numbers_up_to') %}

with

definitions as (

    select * from {{ ref('indicator') }}

),

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

benchmarks as (

    select * from {{ ref('dim_indicator_benchmark') }}

),

neighbours as (

    select * from {{ ref('dim_statistical_neighbour') }}

),

figures as (

    select * from {{ ref('int_indicator_figures') }}

),

control as (

    select * from {{ ref('int_indicator_control') }}

),

signed as (

    select * from {{ ref('int_indicator_signed') }}

),

signed_figures as (

    select * from {{ ref('fct_signed_figure') }}

),

listed as (

    select
        authority_code,
        count(*) as neighbours

    from neighbours
    group by authority_code

),

-- The dates a figure is held against: one step of its cadence before, and a year before. They are found by date, so
-- that a date without figures is a gap and not a nearer one.
dated as (

    select
        figures.*,
        definitions.unit,
        definitions.decimals,
        definitions.direction,
        reporting_dates.collection_year,
        figures.period in ('year_to_date', 'school_year_to_date') as is_to_date,
        case
            when definitions.cadence = 'annual' then {{ months_before('figures.as_at', 12) }}
            when definitions.cadence = 'termly'
                then
                    case extract(month from figures.as_at)
                        when 3 then {{ months_before('figures.as_at', 3) }}
                        when 7 then {{ months_before('figures.as_at', 4) }}
                        else {{ months_before('figures.as_at', 5) }}
                    end
            when definitions.cadence = 'quarterly' or figures.period = 'quarter'
                then {{ months_before('figures.as_at', 3) }}
            -- of the night itself as well
            else {{ add_days("cast(" ~ dbt.date_trunc('month', 'figures.as_at') ~ " as date)", -1) }}
        end as previous_as_at,
        {{ months_before('figures.as_at', 12) }} as previous_year_as_at

    from figures
    inner join definitions
        on figures.indicator_id = definitions.indicator_id
    inner join reporting_dates
        on figures.as_at = reporting_dates.as_at

),

benchmarked as (

    select
        authority_code,
        indicator_id,
        collection_year,
        dimension,
        member,
        max(case when benchmark = 'target' then benchmark_value end) as target,
        max(case when benchmark = 'target' then coalesce(amber_margin, 0) end) as amber_margin,
        max(case when benchmark = 'statistical_neighbour' then benchmark_value end) as statistical_neighbour,
        max(case when benchmark = 'england' then benchmark_value end) as england

    from benchmarks
    where is_used and shown_as = 'value'
    group by authority_code, indicator_id, collection_year, dimension, member

),

-- The neighbours themselves, where enough of them are here: half of those listed, and three. Their average is the mean
-- of their values, as in the national tool: a large neighbour weighs no more than a small one. Whoever reads one
-- authority's figures reads it too, and must not work out from it a small number of another: then there is none.
of_neighbours as (

    select
        neighbours.authority_code,
        figures.indicator_id,
        figures.as_at,
        figures.period,
        figures.dimension,
        figures.member,
        {{ exact_mean('figures.indicator_value') }} as mean_of_members

    from neighbours
    inner join figures
        on neighbours.neighbour_code = figures.authority_code
    inner join listed
        on neighbours.authority_code = listed.authority_code
    inner join definitions
        on figures.indicator_id = definitions.indicator_id
    where figures.dimension = 'all'
    group by
        neighbours.authority_code, figures.indicator_id, figures.as_at, figures.period, figures.dimension,
        figures.member
    having count(figures.indicator_value) >= 3
        and 2 * count(figures.indicator_value) >= max(listed.neighbours)
        and max(
            case
                when figures.numerator between 1 and {{ small }} and definitions.unit in ('count', 'percent', 'per_10k')
                    then 1
                when figures.denominator between 1 and {{ small }} then 1
                when figures.denominator - figures.numerator between 1 and {{ small }} and definitions.unit = 'percent'
                    then 1
                else 0
            end
        ) = 0

),

compared as (

    select
        dated.*,
        previous.indicator_value as previous,
        previous_year.indicator_value as previous_year,
        -- what grows through a year is held against the same day of the year before
        case when dated.is_to_date then previous_year.indicator_value else previous.indicator_value end
            as compared_with,
        case when dated.is_to_date then previous_year.lower_95 else previous.lower_95 end as compared_lower_95,
        case when dated.is_to_date then previous_year.upper_95 else previous.upper_95 end as compared_upper_95,
        benchmarked.target,
        benchmarked.amber_margin,
        coalesce(of_neighbours.mean_of_members, benchmarked.statistical_neighbour) as statistical_neighbour,
        case
            when of_neighbours.mean_of_members is not null then 'members'
            when benchmarked.statistical_neighbour is not null then 'printed'
        end as statistical_neighbour_source,
        benchmarked.england,
        control.process_mean,
        control.process_lower,
        control.process_upper,
        control.variation_rule,
        control.variation_sign,
        case
            when signed.as_at is null then 'provisional'
            -- an indicator that was not there when the year was signed off has nothing to differ from
            when signed_figures.as_at is null then 'final'
            when signed_figures.definition_version <> dated.definition_version then 'restated'
            when coalesce(signed_figures.numerator, -1) <> coalesce(dated.numerator, -1) then 'restated'
            when coalesce(signed_figures.denominator, -1) <> coalesce(dated.denominator, -1) then 'restated'
            when (signed_figures.value is null) <> (dated.indicator_value is null) then 'restated'
            when abs(signed_figures.value - dated.indicator_value) > 0.000001 then 'restated'
            else 'final'
        end as finality

    from dated

    -- left: the first dates have nothing before them
    left join figures as previous
        on dated.series_number = previous.series_number
            and dated.previous_as_at = previous.as_at
    left join figures as previous_year
        on dated.series_number = previous_year.series_number
            and dated.previous_year_as_at = previous_year.as_at

    -- left: few indicators have a target
    left join benchmarked
        on dated.authority_code = benchmarked.authority_code
            and dated.indicator_id = benchmarked.indicator_id
            and dated.collection_year = benchmarked.collection_year
            and dated.dimension = benchmarked.dimension
            and dated.member = benchmarked.member

    -- left: without a list, or with too few of it here, there is what is printed
    left join of_neighbours
        on dated.authority_code = of_neighbours.authority_code
            and dated.indicator_id = of_neighbours.indicator_id
            and dated.as_at = of_neighbours.as_at
            and dated.period = of_neighbours.period
            and dated.dimension = of_neighbours.dimension
            and dated.member = of_neighbours.member

    -- left: only months have it, and only where there are enough of them
    left join control
        on dated.series_number = control.series_number
            and dated.as_at = control.as_at

    -- left: provisional until the returns of the year are signed off
    left join signed
        on dated.authority_code = signed.authority_code
            and dated.indicator_id = signed.indicator_id
            and dated.as_at = signed.as_at
    left join signed_figures
        on dated.authority_code = signed_figures.authority_code
            and dated.indicator_id = signed_figures.indicator_id
            and dated.as_at = signed_figures.as_at
            and dated.period = signed_figures.period
            and dated.dimension = signed_figures.dimension
            and dated.member = signed_figures.member

),

shown as (

    select
        *,
        {{ display_number('indicator_value', 'decimals') }} as display,
        {{ display_number('compared_with', 'decimals') }} as compared_display,
        indicator_value - compared_with as change

    from compared

),

final as (

    select
        -- identifiers
        authority_code,
        indicator_id,
        definition_version,
        as_at,
        period,
        dimension,
        member,
        member_label,

        -- measures
        numerator,
        denominator,
        cast(indicator_value as double) as value,
        display,
        unit,
        cast(lower_95 as double) as lower_95,
        cast(upper_95 as double) as upper_95,

        -- how far to trust it
        finality,
        case when indicator_value is null then 'not_available' else 'open' end as disclosure,

        -- what to hold it against
        target,
        case
            when target is null or indicator_value is null or direction = 'none' then null
            when direction = 'high' and indicator_value >= target then 'green'
            when direction = 'high' and indicator_value >= target - amber_margin then 'amber'
            when direction = 'low' and indicator_value <= target then 'green'
            when direction = 'low' and indicator_value <= target + amber_margin then 'amber'
            else 'red'
        end as rag,
        statistical_neighbour,
        statistical_neighbour_source,
        england,
        cast(previous as double) as previous,
        cast(previous_year as double) as previous_year,
        cast(change as double) as change,
        case
            when change is null then null
            when display = compared_display then 'same'
            when direction = 'none' then 'changed'
            when (direction = 'high') = (change > 0) then 'better'
            else 'worse'
        end as direction_of_travel,
        lower_95 > compared_upper_95 or upper_95 < compared_lower_95 as is_beyond_chance,

        -- what the process does by itself
        process_mean,
        process_lower,
        process_upper,
        case
            when process_mean is null then null
            when variation_sign = 0 then 'common_cause'
            when direction = 'none' then 'special_cause_neither'
            when (direction = 'high') = (variation_sign = 1) then 'special_cause_improvement'
            else 'special_cause_concern'
        end as variation,
        variation_rule,
        case
            when process_mean is null then null
            when target is null or direction = 'none' then 'none'
            when direction = 'high' and process_lower >= target then 'pass'
            when direction = 'high' and process_upper < target then 'fail'
            when direction = 'low' and process_upper <= target then 'pass'
            when direction = 'low' and process_lower > target then 'fail'
            else 'hit_or_miss'
        end as assurance,
        direction

    from shown

)

select * from final
