{#- Whole years of age on a day. Only the month of birth is known here: a birthday counts from the first day of its
    month, which is exact at every month end and up to a month early on other days. -#}
{% macro age_on(day, birth_month) -%}
    cast(
        extract(year from {{ day }}) - extract(year from {{ birth_month }})
        - case when extract(month from {{ day }}) < extract(month from {{ birth_month }}) then 1 else 0 end
        as integer
    )
{%- endmacro %}
