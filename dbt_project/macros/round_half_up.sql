{#- Round half up: 2.5 is 3 and 0.125 is 0.13. The detour over a decimal takes the binary noise away that makes
    1.005 a little less than it says; twelve digits are far more than any share of counted children needs. -#}
{% macro round_half_up(value, decimals) -%}
    round(cast({{ value }} as decimal(38, 12)), {{ decimals }})
{%- endmacro %}
