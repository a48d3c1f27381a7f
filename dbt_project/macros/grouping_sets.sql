{#- The whole and one way at a time: a set of the columns alone and one with each of the dimensions. -#}
{% macro grouping_sets(columns, dimensions) -%}
    grouping sets (({{ columns }})
    {%- for dimension in dimensions %}, ({{ columns }}, {{ dimension }}){% endfor %})
{%- endmacro %}
