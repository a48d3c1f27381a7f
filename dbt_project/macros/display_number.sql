{#- A number as readers see it: text with its fixed number of decimals (0 to 3, from a column), rounded half up.
    The only place where a published figure is rounded. -#}
{% macro display_number(value, decimals) -%}
    case {{ decimals }}
        {%- for places in range(4) %}
        when {{ places }}
            then cast(cast({{ round_half_up(value, places) }} as decimal(28, {{ places }})) as {{ dbt.type_string() }})
        {%- endfor %}
    end
{%- endmacro %}
