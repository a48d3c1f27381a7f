{#- Days from the first date to the second; for a half-open spell, its nights. Negative if the second is earlier. -#}
{% macro days_between(first_day, second_day) -%}
    {{ return(adapter.dispatch('days_between', 'childrens_warehouse')(first_day, second_day)) }}
{%- endmacro %}

{% macro default__days_between(first_day, second_day) -%}
    cast(date_diff('day', {{ first_day }}, {{ second_day }}) as integer)
{%- endmacro %}

{% macro spark__days_between(first_day, second_day) -%}
    datediff({{ second_day }}, {{ first_day }})
{%- endmacro %}
