{#- Have the months or weeks that end with the day all been spent in care that began on started_on? Both days are days
    of care, so that twelve months on 31 March are those that began on 1 April:
      - 31 March 2017 and twelve months: since 1 April 2016 yes, since 2 April no;
      - 28 February 2017 and twelve months: since 29 February or 1 March 2016 yes, since 2 March no; on 27 February, who
        began on 29 February has not been in care for twelve months yet;
      - 29 February 2016 and twelve months: since 1 March 2015 yes, since 2 March no;
      - 28 February 2017 and six months: since 31 August or 1 September 2016 yes, since 2 September no;
      - 30 March and four weeks: since 3 March (28 days, both included) yes, since 4 March no.
    An unknown start gives null. Whether the care goes on at that day is the caller's to ask (is_on). -#}
{% macro has_been_looked_after(day, started_on, months=none, weeks=none) -%}
    {%- if months is not none -%}
        ({{ started_on }} <= {{ add_months(add_days(day, 1), -months) }})
    {%- else -%}
        ({{ started_on }} <= {{ add_days(day, 1 - 7 * weeks) }})
    {%- endif -%}
{%- endmacro %}
