{#- The collection year of a day: 1 April 2016 to 31 March 2017 is 2017. -#}
{% macro collection_year_of(day) -%}
    (
        cast(extract(year from {{ day }}) as integer)
        + case when extract(month from {{ day }}) >= 4 then 1 else 0 end
    )
{%- endmacro %}
