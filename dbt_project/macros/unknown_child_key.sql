{#- Key of the unknown child. Pseudonyms are 63 bits and never negative. -#}
{% macro unknown_child_key() -%}
    cast(-1 as bigint)
{%- endmacro %}
