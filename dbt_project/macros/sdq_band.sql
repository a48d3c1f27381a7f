{#- The band of a total score of strengths and difficulties: 0 to 13 normal, 14 to 16 borderline, 17 to 40 a cause for
    concern. No score, or one that the questionnaire cannot have, is in none. -#}
{% macro sdq_band(score) -%}
    case
        when {{ score }} between 0 and 13 then 'normal'
        when {{ score }} between 14 and 16 then 'borderline'
        when {{ score }} between 17 and 40 then 'concern'
    end
{%- endmacro %}
