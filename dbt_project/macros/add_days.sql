{#- The date that many calendar days later, as a DATE on every engine (dateadd gives a TIMESTAMP on most). -#}
{% macro add_days(day, days) -%}
    {{ return(adapter.dispatch('add_days', 'childrens_warehouse')(day, days)) }}
{%- endmacro %}

{% macro default__add_days(day, days) -%}
    cast({{ day }} + interval ({{ days }}) day as date)
{%- endmacro %}

{% macro spark__add_days(day, days) -%}
    date_add({{ day }}, {{ days }})
{%- endmacro %}
