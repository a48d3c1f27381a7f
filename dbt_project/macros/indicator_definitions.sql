{#- The indicators and what their YAML says of them: a list of {id, model, ...meta}, in the order of their names.

    Their names come from WAREHOUSE_INDICATORS (childrens_warehouse/build/dbt.py sets it to every ind_*.sql), because
    dbt wants to know every ref() while it parses and its graph is complete only afterwards. While parsing, only
    id and model are there. Stops the run when an entry is missing or says what no reader knows. -#}
{% macro indicator_definitions() %}
    {%- set required = [
        'title', 'definition', 'statutory_source', 'definition_owner', 'unit', 'decimals', 'direction', 'cadence',
        'owner', 'definition_version', 'subject', 'periods', 'datasets',
    ] -%}
    {%- set allowed = {
        'unit': ['count', 'percent', 'per_10k', 'mean_days'],
        'decimals': [0, 1, 2, 3],
        'direction': ['high', 'low', 'none'],
        'subject': ['child', 'pupil'],
    } -%}
    {%- set known_periods = [
        'snapshot', 'month', 'quarter', 'year_to_date', 'school_year_to_date', 'rolling_12_months',
    ] -%}
    {%- set definitions = [] -%}
    {%- for model in env_var('WAREHOUSE_INDICATORS').split(',') | map('trim') | select | sort -%}
        {%- set definition = {'id': model | replace('ind_', '', 1), 'model': model} -%}
        {%- if execute -%}
            {%- set node = graph.nodes.get('model.' ~ project_name ~ '.' ~ model) -%}
            {%- if not node -%}
                {{ exceptions.raise_compiler_error('There is no indicator model ' ~ model) }}
            {%- endif -%}
            {%- set meta = node.config.meta -%}
            {%- for key in required if meta.get(key) is none -%}
                {{ exceptions.raise_compiler_error(model ~ ' has no ' ~ key ~ ' in config.meta of its YAML entry') }}
            {%- endfor -%}
            {%- for key, values in allowed.items() if meta[key] not in values -%}
                {{ exceptions.raise_compiler_error(model ~ ': ' ~ key ~ ' must be one of ' ~ values) }}
            {%- endfor -%}
            {%- for period in meta.periods if period not in known_periods -%}
                {{ exceptions.raise_compiler_error(model ~ ': periods must be among ' ~ known_periods) }}
            {%- endfor -%}
            {%- do definition.update(meta) -%}
        {%- endif -%}
        {%- do definitions.append(definition) -%}
    {%- endfor -%}
    {{ return(definitions) }}
{% endmacro %}
