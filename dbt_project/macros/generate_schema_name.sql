{#- Schemas are named as configured (staging, marts, ...), without the target's prefix: the names are public. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name if custom_schema_name else target.schema }}
{%- endmacro %}
