{#- Is the spell running on the day? Spells are half-open: the day a spell ends belongs to what follows, so two
    spells that meet share no day and a spell of no days contains none. An empty end is a spell still open. -#}
{% macro is_on(day, started_on, ended_on) -%}
    ({{ started_on }} <= {{ day }} and ({{ ended_on }} is null or {{ day }} < {{ ended_on }}))
{%- endmacro %}
