{#- The rows of a prepared relation that break rules of the SSDA903 return, one per rule and row.

    rules: a list of (number of the rule, condition that breaks it) or, where the day of birth may be needed,
    (number, condition, further condition that is null when it cannot be told). A row for which it cannot be told
    comes out with is_found = false: it was not judged. -#}
{% macro findings(relation, dataset, rules) -%}
    {%- for rule in rules %}
    select
        authority_code,
        collection_year,
        'SSDA903-{{ rule[0] }}' as rule_code,
        '{{ dataset }}' as dataset,
        child_key,
        source_file,
        source_row,
        {{ 'coalesce(' ~ rule[2] ~ ', false)' if rule[2] else 'true' }} as is_found

    from {{ relation }}
    where
        {#- Spark takes "where (one_name)" for an alias with a column. #}
        {% if rule[2] -%}
        coalesce({{ rule[2] }}, true)
        and ({{ rule[1] }})
        {%- else -%}
        {{ rule[1] }}
        {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
