{#- How many whole months has care that began on started_on lasted by the end of the day? The largest number for which
    has_been_looked_after is true: 31 August 2016 to 27 February 2017 is five, to 28 February six; 1 to 31 May is
    one, 1 to 30 May none. -#}
{% macro whole_months_looked_after(day, started_on) -%}
    {%- set day_after = add_days(day, 1) -%}
    cast(
        (extract(year from {{ day_after }}) - extract(year from {{ started_on }})) * 12
        + extract(month from {{ day_after }}) - extract(month from {{ started_on }})
        - case when extract(day from {{ day_after }}) < extract(day from {{ started_on }}) then 1 else 0 end
        as integer
    )
{%- endmacro %}
