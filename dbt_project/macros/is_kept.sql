{#- Landing marks every row but the last with the same key in its file: those say nothing and are left out. -#}
{% macro is_kept(marks) -%}
    (not {{ has_mark(marks, 'KEY-DUPLICATE') }})
{%- endmacro %}
