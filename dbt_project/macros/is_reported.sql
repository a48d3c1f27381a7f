{#- Has an indicator of this cadence rows at a reporting date? The night itself is for what is looked at every month. -#}
{% macro is_reported(cadence, reporting_dates) -%}
    case {{ cadence }}
        when 'monthly' then true
        when 'quarterly' then {{ reporting_dates }}.is_quarter_end
        when 'termly' then {{ reporting_dates }}.is_term_end
        when 'annual' then {{ reporting_dates }}.is_year_end
    end
{%- endmacro %}
