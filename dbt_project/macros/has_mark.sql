{#- Does the list of marks (rule codes separated by spaces) hold this one? Whole codes only. False when empty. -#}
{% macro has_mark(marks, mark) -%}
    ({{ dbt.position("' " ~ mark ~ " '", "concat(' ', coalesce(" ~ marks ~ ", ''), ' ')") | trim }} > 0)
{%- endmacro %}
