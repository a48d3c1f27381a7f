{#- The year group a child belongs to by age on a day: 0 is Reception, 1 to 13 Year 1 to Year 13; null before and after,
    and where the month of birth is not known. Who was born from 1 September to 31 August is one year group, and goes
    up on 1 September, so the month of birth is exact. A child taught out of its year is not known here.
      - born in August 2012: Reception from 1 September 2016, Year 1 from 1 September 2017;
      - born in September 2012: a year later, although a few days younger;
      - born in March 2000: Year 11 until 31 August 2016, Year 12 from 1 September 2016, none from September 2018. -#}
{% macro school_year_group_on(day, birth_month) -%}
    {%- set started = [] -%}
    {%- for date in [day, birth_month] -%}
        {%- do started.append(
            "(extract(year from " ~ date ~ ") - case when extract(month from " ~ date ~ ") < 9 then 1 else 0 end)"
        ) -%}
    {%- endfor -%}
    cast(
        case
            when {{ started[0] }} - {{ started[1] }} - 5 between 0 and 13
                then {{ started[0] }} - {{ started[1] }} - 5
        end as integer
    )
{%- endmacro %}
