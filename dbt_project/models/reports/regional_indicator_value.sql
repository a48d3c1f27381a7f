{#- The members' figures together: what was counted is added up, and the region's value is the share, rate or mean of
    the sums, never the mean of the members' values. A member counts where its figure is known; with the figures for
    everybody in place of indicator_value (childrens_warehouse/disclosure/regional.py), where it is shown.

    Of the values of its members the quartiles are those that lie a quarter, half and three quarters of the way from the
    lowest to the highest in their order, between two neighbours in proportion: of 10, 20, 40 and 80 they are 17.5, 30 and
    50. Written out, as engines call and round them differently. -#}
{{ config(schema='marts', access='public') }}

{%- set quartiles = {'lower_quartile': 1, 'median': 2, 'upper_quartile': 3} -%}
{%- set key = 'region, indicator_id, definition_version, as_at, period, dimension, member' -%}

-- The linter cannot indent what loops write.
-- sqlfluff:exclude_rules:LT02,RF04

with

definitions as (

    select * from {{ ref('indicator') }}

),

figures as (

    select * from {{ ref('indicator_value') }}

),

authorities as (

    select * from {{ ref('bridge_region_authority') }}

),

of_members as (

    select
        authorities.region,
        authorities.members,
        figures.indicator_id,
        figures.definition_version,
        figures.as_at,
        figures.period,
        figures.dimension,
        figures.member,
        figures.member_label,
        figures.unit,
        figures.value,
        case when figures.value is not null then figures.numerator end as numerator,
        case when figures.value is not null then figures.denominator end as denominator

    from figures
    inner join authorities
        on figures.authority_code = authorities.authority_code
    -- teams are those of one authority
    where figures.dimension <> 'team'

),

summed as (

    select
        {{ key }},
        min(member_label) as member_label,
        min(unit) as unit,
        min(members) as members,
        count(value) as members_counted,
        cast(sum(numerator) as bigint) as numerator,
        cast(sum(denominator) as bigint) as denominator

    from of_members
    group by {{ key }}

),

placed as (

    select
        {{ key }},
        value,
        row_number() over (partition by {{ key }} order by value) - 1 as place,
        count(*) over (partition by {{ key }}) as counted

    from of_members
    where value is not null

),

-- How far in the order each quartile is, from 0 to the number of members less 1, and the whole place below it.
reached as (

    select
        *,
        {%- for quarters in quartiles.values() %}
        cast(counted - 1 as double) * {{ quarters }} / 4 as way_{{ quarters }},
        floor(cast(counted - 1 as double) * {{ quarters }} / 4) as below_{{ quarters }}{{ ',' if not loop.last }}
        {%- endfor %}

    from placed

),

spread as (

    select
        {{ key }},
        min(value) as lowest,
        {%- for quarters in quartiles.values() %}
        max(way_{{ quarters }} - below_{{ quarters }}) as part_{{ quarters }},
        max(case when place = below_{{ quarters }} then value end) as from_{{ quarters }},
        max(case when place = least(below_{{ quarters }} + 1, counted - 1) then value end) as to_{{ quarters }},
        {%- endfor %}
        max(value) as highest

    from reached
    group by {{ key }}

),

prepared as (

    select
        summed.*,
        spread.lowest,
        {%- for quarters in quartiles.values() %}
        spread.part_{{ quarters }},
        spread.from_{{ quarters }},
        spread.to_{{ quarters }},
        {%- endfor %}
        spread.highest,
        definitions.decimals,
        definitions.interval_method,
        definitions.parts_per_unit

    from summed
    inner join definitions
        on summed.indicator_id = definitions.indicator_id
            and summed.definition_version = definitions.definition_version

    -- left: of some figures no member has a value
    left join spread
        on summed.region = spread.region
            and summed.indicator_id = spread.indicator_id
            and summed.definition_version = spread.definition_version
            and summed.as_at = spread.as_at
            and summed.period = spread.period
            and summed.dimension = spread.dimension
            and summed.member = spread.member

),

in_terms as (

    select
        *,
        {{ figure_terms() }}

    from prepared

),

measured as (

    select
        *,
        {{ figure_measures() }}

    from in_terms

),

final as (

    select
        -- identifiers
        region,
        indicator_id,
        definition_version,
        as_at,
        period,
        dimension,
        member,
        member_label,

        -- who
        members,
        cast(members_counted as integer) as members_counted,

        -- measures
        numerator,
        denominator,
        cast(indicator_value as double) as value,
        {{ display_number('indicator_value', 'decimals') }} as display,
        unit,
        cast(lower_95 as double) as lower_95,
        cast(upper_95 as double) as upper_95,

        -- how its members lie
        lowest,
        {%- for name, quarters in quartiles.items() %}
        from_{{ quarters }} + part_{{ quarters }} * (to_{{ quarters }} - from_{{ quarters }}) as {{ name }},
        {%- endfor %}
        highest

    from measured

)

select * from final
