{#- Is the spell running on at least one day from the first to the last, both included? Half-open, as in is_on. -#}
{% macro is_within(first_day, last_day, started_on, ended_on) -%}
    ({{ started_on }} <= {{ last_day }} and {{ first_day }} < coalesce({{ ended_on }}, cast('9999-12-31' as date)))
{%- endmacro %}
