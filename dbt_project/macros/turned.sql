{#- Has a child born in that month turned so many years by the day, the birthday itself included? Only the month of
    birth is known here: true or false where the month decides, null where the day of birth does. Born on
    29 February, one turns on 28 February in other years, as the return has it. -#}
{% macro turned(years, birth_month, day) -%}
    (
        case
            when {{ add_months(birth_month, years * 12 + 1) }} <= {{ add_days(day, 1) }} then true
            when {{ add_months(birth_month, years * 12) }} > {{ day }} then false
        end
    )
{%- endmacro %}
