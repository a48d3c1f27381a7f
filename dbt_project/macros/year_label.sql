{#- 2016 becomes '2016/17': how a year that begins in one calendar year and ends in the next is written. -#}
{% macro year_label(first_year) -%}
    concat(
        cast({{ first_year }} as {{ dbt.type_string() }}),
        '/',
        {{ dbt.right("cast(" ~ first_year ~ " + 1 as " ~ dbt.type_string() ~ ")", 2) | trim }}
    )
{%- endmacro %}
