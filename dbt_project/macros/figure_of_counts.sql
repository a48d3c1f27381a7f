{#- A figure and its limits of chance, from what was counted: of an authority and of a region alike, so that both are
    computed in one place. Two steps, as the second reads what the first names.

    figure_terms: of rows with unit, numerator, denominator and parts_per_unit. quotient: the share or mean. events,
    total, scale: how often it happened, of how many, and what one event is in the unit of the value.
    figure_measures: the value and its limits of chance, 95 of 100, in its unit, by interval_method. -#}
{% macro figure_terms() -%}
        case
            when unit in ('percent', 'mean_days', 'mean')
                then numerator / cast(nullif(denominator, 0) as double) / parts_per_unit
        end as quotient,
        cast(numerator as double) as events,
        cast(denominator as double) as total,
        case unit
            when 'count' then 1.0
            when 'percent' then 100 / cast(nullif(denominator, 0) as double)
            when 'per_10k' then 10000 / cast(nullif(denominator, 0) as double)
        end as scale
{%- endmacro %}

{% macro figure_measures() -%}
        {%- set z = normal_deviate(95) -%}
        case unit
            when 'percent' then quotient * 100
            when 'count' then events
            when 'per_10k' then events * scale
            else quotient
        end as indicator_value,
        case
            when interval_method = 'wilson' and unit = 'percent'
                then {{ wilson('quotient', 'total', z, '-') }} * 100
            when interval_method = 'byar' and events = 0 then 0 * scale
            when interval_method = 'byar' then {{ byar_lower('events', z) }} * scale
        end as lower_95,
        case
            when interval_method = 'wilson' and unit = 'percent'
                then {{ wilson('quotient', 'total', z, '+') }} * 100
            when interval_method = 'byar' then {{ byar_upper('events', z) }} * scale
        end as upper_95
{%- endmacro %}

{#- The deviate that so many of 100 normal values lie within, on both sides of the mean. -#}
{% macro normal_deviate(of_hundred) -%}
    {{ return({95: '1.959963984540054', 99.8: '3.090232306167813'}[of_hundred]) }}
{%- endmacro %}
