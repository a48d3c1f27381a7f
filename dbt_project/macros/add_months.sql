{#- The same day of the month that many whole months later, or the last day of that month where it has no such
    day: 31 August plus six months is 28 or 29 February. A DATE on every engine. -#}
{% macro add_months(day, months) -%}
    {{ return(adapter.dispatch('add_months', 'childrens_warehouse')(day, months)) }}
{%- endmacro %}

{% macro default__add_months(day, months) -%}
    cast({{ day }} + interval ({{ months }}) month as date)
{%- endmacro %}

{% macro spark__add_months(day, months) -%}
    add_months({{ day }}, {{ months }})
{%- endmacro %}
