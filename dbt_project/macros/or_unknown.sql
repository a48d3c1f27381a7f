{#- Unknown is a member of the dimension, neither a null join nor a zero: a blank code becomes that member's. -#}
{% macro or_unknown(code) -%}
    coalesce({{ code }}, 'unknown')
{%- endmacro %}
