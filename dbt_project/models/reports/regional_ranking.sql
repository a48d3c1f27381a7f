{#- Where each authority stands among those of its region, of the figures of the whole. Values that differ in the
    thirteenth decimal are binary noise and share a rank.

    The funnel: what chance alone would make of this authority's denominator if the region's value were its own. Shares
    of subjects are binomial, rates and events per hundred subjects are Poisson; counts, means and shares of sessions have
    no such limits (a child's sessions go together). -#}
{{ config(schema='marts', access='public') }}

{%- set deviates = {'95': normal_deviate(95), '998': normal_deviate(99.8)} -%}

-- The linter cannot indent what loops write.
-- sqlfluff:exclude_rules:LT02

with

definitions as (

    select * from {{ ref('indicator') }}

),

figures as (

    select * from {{ ref('indicator_value') }}

),

regional as (

    select * from {{ ref('regional_indicator_value') }}

),

memberships as (

    select * from {{ ref('bridge_region_authority') }}

),

authorities as (

    select * from {{ ref('dim_local_authority') }}

),

compared as (

    select
        memberships.region,
        figures.authority_code,
        authorities.label as authority_label,
        figures.indicator_id,
        figures.definition_version,
        figures.as_at,
        figures.period,
        figures.numerator,
        figures.denominator,
        figures.value,
        figures.display,
        figures.unit,
        figures.direction,
        regional.members_counted as ranked,
        regional.value as regional_value,
        regional.display as regional_display,
        regional.numerator / cast(nullif(regional.denominator, 0) as double) as regional_rate,
        case
            when definitions.interval_method = 'wilson' and figures.unit = 'percent' then 'binomial'
            when definitions.interval_method = 'byar' and figures.unit in ('percent', 'per_10k') then 'poisson'
        end as chance,
        case figures.unit when 'percent' then 100 when 'per_10k' then 10000 end as scale,
        case figures.direction when 'low' then 1 else -1 end as best_is_first

    from figures
    inner join memberships
        on figures.authority_code = memberships.authority_code
    inner join regional
        on memberships.region = regional.region
            and figures.indicator_id = regional.indicator_id
            and figures.definition_version = regional.definition_version
            and figures.as_at = regional.as_at
            and figures.period = regional.period
            and figures.dimension = regional.dimension
            and figures.member = regional.member
    inner join definitions
        on figures.indicator_id = definitions.indicator_id
            and figures.definition_version = definitions.definition_version
    inner join authorities
        on figures.authority_code = authorities.local_authority_code
    where figures.dimension = 'all'
        and figures.value is not null
        and regional.members_counted > 1

),

ranked_figures as (

    select
        *,
        rank() over (
            partition by region, indicator_id, definition_version, as_at, period
            order by cast(best_is_first * value as decimal(38, 12))
        ) as place

    from compared

),

-- Of the count that this authority's denominator lets expect: mean, deviation and skewness.
expected as (

    select
        *,
        case when chance is not null then denominator * regional_rate end as mean,
        case chance
            when 'binomial' then sqrt(greatest(denominator * regional_rate * (1 - regional_rate), 0))
            when 'poisson' then sqrt(denominator * regional_rate)
        end as deviation,
        case chance when 'binomial' then 1 - 2 * regional_rate when 'poisson' then 1.0 end as skew,
        -- events have no most
        case chance when 'binomial' then cast(denominator as double) when 'poisson' then 1.0e15 end as largest

    from ranked_figures

),

limited as (

    select
        *
        {%- for limit, z in deviates.items() %}
        {%- set z = 'cast(' ~ z ~ ' as double)' %},
        {{ control_limit_lower('mean', 'deviation', 'skew', z) }} as lower_{{ limit }},
        {{ control_limit_upper('mean', 'deviation', 'skew', z, 'largest') }} as upper_{{ limit }}
        {%- endfor %}

    from expected

),

positioned as (

    select
        *,
        case
            when chance is null then null
            when numerator > upper_998 then 'above_998'
            when numerator > upper_95 then 'above_95'
            when numerator < lower_998 then 'below_998'
            when numerator < lower_95 then 'below_95'
            else 'within'
        end as funnel_position

    from limited

),

final as (

    select
        -- identifiers
        region,
        authority_code,
        authority_label,
        indicator_id,
        definition_version,
        as_at,
        period,

        -- measures
        numerator,
        denominator,
        value,
        display,
        unit,
        direction,

        -- among the others
        cast(place as integer) as rank_in_region,
        ranked,
        case when direction = 'none' then 'highest_first' else 'best_first' end as ranked_by,
        cast(floor(cast(place - 1 as double) * 4 / ranked) + 1 as integer) as quartile,
        regional_value,
        regional_display,

        -- what chance makes of the region's value
        {%- for limit in deviates %}
        case when chance is not null then lower_{{ limit }} * scale / denominator end as funnel_lower_{{ limit }},
        case when chance is not null then upper_{{ limit }} * scale / denominator end as funnel_upper_{{ limit }},
        {%- endfor %}
        funnel_position,
        case
            when funnel_position is null or funnel_position = 'within' then null
            when direction = 'none' then 'neither'
            when (direction = 'high') = (funnel_position in ('above_95', 'above_998')) then 'better'
            else 'worse'
        end as funnel_reading

    from positioned

)

select * from final
