{#- A control limit of a funnel plot: the count that chance alone leaves so far out, where the region's value is the truth
    for everybody (Spiegelhalter 2005). `mean` and `deviation` are those of the count, `skew` is 1 for events (Poisson)
    and 1 - 2p for shares (binomial), so that the third term bends the limits as the skewness of the distribution does
    (Cornish and Fisher 1938); with the first two terms alone, of small authorities up to one in thirteen lies beyond
    limits that are meant for one in a thousand. Where the deviation is too small for that term, the limit is the end of the scale: no count is so low,
    or none so high. docs/adr/0020-regional-figures.md has the reading, tests/dbt_project/test_control_limits.py what it
    is worth.

    largest: what can be counted at most; none for events. -#}
{% macro control_limit_lower(mean, deviation, skew, z) -%}
    case
        when {{ deviation }} <= {{ z }} * {{ skew }} / 3 then 0.0
        else greatest(
            {{ mean }} - {{ z }} * {{ deviation }} + ({{ z }} * {{ z }} - 1) / 6 * {{ skew }}, 0.0
        )
    end
{%- endmacro %}

{% macro control_limit_upper(mean, deviation, skew, z, largest) -%}
    case
        when {{ deviation }} <= -{{ z }} * {{ skew }} / 3 then {{ largest }}
        else least(
            {{ mean }} + {{ z }} * {{ deviation }} + ({{ z }} * {{ z }} - 1) / 6 * {{ skew }},
            {{ largest }}
        )
    end
{%- endmacro %}
