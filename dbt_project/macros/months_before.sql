{#- The end of the month that many months before the month that ends on the day: 28 February 2017 and one is 31 January,
    29 February 2016 and twelve is 28 February 2015. Of a day within a month it is a day within one. -#}
{% macro months_before(day, months) -%}
    {{ add_days(add_months(add_days(day, 1), -months), -1) }}
{%- endmacro %}
