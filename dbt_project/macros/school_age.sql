{#- Whole years of age on the 31 August before a school year, by which England sorts pupils into year groups: who was
    born in August 2005 was 11 on 31 August 2016 and goes to year 7 in 2016/17; who was born in September 2005 was
    10 and goes to year 6. Exact, although only the month of birth is known. -#}
{% macro age_before_school_year(school_year, birth_month) -%}
    cast(
        {{ school_year }} - extract(year from {{ birth_month }})
        - case when extract(month from {{ birth_month }}) > 8 then 1 else 0 end
        as integer
    )
{%- endmacro %}

{#- Of school age, as the DfE's statistics of children in care have it: 5 to 15 years old on the 31 August before the
    school year, so in years 1 to 11. Null if the month of birth is not known. -#}
{% macro is_school_age(school_year, birth_month) -%}
    ({{ age_before_school_year(school_year, birth_month) }} between 5 and 15)
{%- endmacro %}
