{#- A value of the project's own YAML as a text literal, quotes doubled; none is null. -#}
{% macro text_literal(value) -%}
    {%- if value is none -%}
        cast(null as {{ dbt.type_string() }})
    {%- else -%}
        cast({{ dbt.string_literal(dbt.escape_single_quotes(value | string | trim)) }} as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro %}
