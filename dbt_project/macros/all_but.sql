{#- All columns of a relation but one. -#}
{% macro all_but(relation, column) -%}
    {{ return(adapter.dispatch('all_but', 'childrens_warehouse')(relation, column)) }}
{%- endmacro %}

{% macro default__all_but(relation, column) -%}
    {{ relation }}.* exclude ({{ column }})
{%- endmacro %}

{% macro spark__all_but(relation, column) -%}
    {{ relation }}.* except ({{ column }})
{%- endmacro %}
