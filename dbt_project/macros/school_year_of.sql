{#- The school year of a day, by the calendar year in which it begins: 1 September 2016 to 31 August 2017 is 2016. -#}
{% macro school_year_of(day) -%}
    (
        cast(extract(year from {{ day }}) as integer)
        - case when extract(month from {{ day }}) < 9 then 1 else 0 end
    )
{%- endmacro %}
