{#- The mean of an expression, the same whatever order its rows are added in: sums of floating-point numbers are not, and
    two builds of the same inputs must say the same to the last bit. -#}
{% macro exact_mean(expression) %}
    cast(sum(cast({{ expression }} as decimal(38, 12))) as double) / count({{ expression }})
{%- endmacro %}
