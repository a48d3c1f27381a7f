{#- The age that the band of an age starts at, as dim_indicator_member knows it. An age before birth is none. -#}
{% macro age_band(age) -%}
    case
        when {{ age }} < 0 then 'unknown'
        when {{ age }} < 1 then '0'
        when {{ age }} < 5 then '1'
        when {{ age }} < 10 then '5'
        when {{ age }} < 16 then '10'
        when {{ age }} >= 16 then '16'
        else 'unknown'
    end
{%- endmacro %}
