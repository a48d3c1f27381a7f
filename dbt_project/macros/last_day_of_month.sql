{#- The last day of the month that a day lies in, as a DATE on every engine. dbt's own goes by dateadd, which on Spark gives
    null for a time without a zone. -#}
{% macro last_day_of_month(day) -%}
    {{ return(adapter.dispatch('last_day_of_month', 'childrens_warehouse')(day)) }}
{%- endmacro %}

{% macro default__last_day_of_month(day) -%}
    cast({{ dbt.last_day(day, 'month') }} as date)
{%- endmacro %}

{% macro spark__last_day_of_month(day) -%}
    last_day({{ day }})
{%- endmacro %}
