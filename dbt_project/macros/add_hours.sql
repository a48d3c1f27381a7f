{#- The moment that many hours later, as a TIMESTAMP on every engine. -#}
{% macro add_hours(moment, hours) -%}
    {{ return(adapter.dispatch('add_hours', 'childrens_warehouse')(moment, hours)) }}
{%- endmacro %}

{% macro default__add_hours(moment, hours) -%}
    {{ moment }} + interval ({{ hours }}) hour
{%- endmacro %}

{% macro spark__add_hours(moment, hours) -%}
    timestampadd(hour, {{ hours }}, {{ moment }})
{%- endmacro %}
