{#- Is the spell running on the day? Spells are half-open: the day a spell ends belongs to what follows, so two
    spells that meet share no day and a spell of no days contains none. An empty end is a spell still open.

    Two plain comparisons and no "or": with an "or" DuckDB gives up its hash join in a left join and compares
    every row with every other. -#}
{% macro is_on(day, started_on, ended_on) -%}
    ({{ started_on }} <= {{ day }} and {{ day }} < coalesce({{ ended_on }}, cast('9999-12-31' as date)))
{%- endmacro %}
