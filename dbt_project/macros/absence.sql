{#- Persistent absence, by the rule of the school year; null where there was no possible session, since who could not
    have attended was not absent either.

      - Since 2015/16: persistent_absence_from_percent (10) % or more of the pupil's own possible sessions, with or
        without leave. 9 of 90 is exactly 10 % and counts, 8 of 90 does not; 10 of 99 counts, 9 of 91 does not.
      - Until 2014/15: so many sessions, whatever was possible, by the end of the half-term that ended last. From
        2010/11 on 10, 22, 30, 38, 46 and 56 (some 15 % of a usual year), from 2005/06 on 14, 28, 40, 52 and 64 (some
        20 %; the sixth half-term was not collected, so the fifth stands). 22 sessions by Christmas 2014 count, 21 do
        not, nor would 27 by Christmas 2009. Before the first half-term has ended, and before 2005/06, nobody can say:
        null.

    absent: sessions missed in the year to date. absent_by_half_term: of them those missed by the end of `half_term`,
    the last half-term to have ended (half_term_judged). -#}
{% macro is_persistently_absent(school_year, possible, absent, half_term, absent_by_half_term) -%}
    case
        when coalesce({{ possible }}, 0) = 0 then null
        {%- for rule in var('persistent_absence_from_sessions') %}
        when {{ school_year }} between {{ rule.first_school_year }} and {{ rule.last_school_year }}
            then
                {{ absent_by_half_term }} >= case {{ half_term }}
                    {%- for sessions in rule.by_half_term %}
                    when {{ loop.index }} then {{ sessions }}
                    {%- endfor %}
                end
        {%- endfor %}
        -- whole numbers on both sides, so that exactly the threshold counts
        when {{ school_year }} > {{ (var('persistent_absence_from_sessions') | last).last_school_year }}
            then {{ absent }} * 100 >= {{ possible }} * {{ var('persistent_absence_from_percent') }}
    end
{%- endmacro %}

{#- The half-term by whose end persistent absence is judged: the last to have ended, or the last that the rule of the
    school year knows. Null before the first has ended. -#}
{% macro half_term_judged(school_year, half_term) -%}
    case
        {%- for rule in var('persistent_absence_from_sessions') %}
        when {{ school_year }} <= {{ rule.last_school_year }} and {{ half_term }} > {{ rule.by_half_term | length }}
            then {{ rule.by_half_term | length }}
        {%- endfor %}
        else {{ half_term }}
    end
{%- endmacro %}

{#- Severe absence: half of the own possible sessions or more, whatever the year. 45 of 90 counts, 44 does not; null
    where no session was possible. -#}
{% macro is_severely_absent(possible, absent) -%}
    case
        when coalesce({{ possible }}, 0) > 0
            then {{ absent }} * 100 >= {{ possible }} * {{ var('severe_absence_from_percent') }}
    end
{%- endmacro %}
