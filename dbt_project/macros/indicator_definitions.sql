{#- What an entry of an indicator must say, what it may say, and the words a reader knows (docs/adr/0011-indicators.md). -#}
{% macro indicator_contract() %}
    {{ return({
        'required': [
            'title', 'definition', 'population', 'numerator', 'exclusions', 'clock', 'statutory_source',
            'definition_owner', 'unit', 'decimals', 'direction', 'cadence', 'owner', 'definition_version', 'subject',
            'counted', 'periods', 'datasets', 'catalogue',
        ],
        'optional': ['counts', 'reading', 'references', 'valid_from', 'valid_to', 'interval', 'denominator', 'parts'],
        'allowed': {
            'definition_owner': ['statutory', 'local', 'printed'],
            'unit': ['count', 'percent', 'per_10k', 'mean_days', 'mean'],
            'decimals': [0, 1, 2, 3],
            'direction': ['high', 'low', 'none'],
            'cadence': ['monthly', 'quarterly', 'termly', 'annual'],
            'subject': ['looked_after_child', 'child', 'care_leaver', 'pupil', 'worker', 'school'],
            'counted': ['on_day', 'by_event'],
            'counts': ['events', 'subjects'],
            'interval': ['wilson', 'byar', 'none'],
            'parts': [10, 100],
        },
        'periods': {
            'on_day': ['snapshot', 'month', 'quarter', 'year_to_date', 'school_year_to_date', 'rolling_12_months'],
            'by_event': ['month', 'quarter', 'year_to_date', 'school_year_to_date', 'rolling_12_months'],
        },
    }) }}
{% endmacro %}

{#- What is wrong with one entry: the first offence in words, or nothing. -#}
{% macro indicator_offence(meta) %}
    {%- set contract = indicator_contract() -%}
    {%- for key in contract.required if meta.get(key) is none -%}
        {{ return('has no ' ~ key ~ ' in config.meta of its YAML entry') }}
    {%- endfor -%}
    {%- for key in meta if key not in contract.required + contract.optional -%}
        {{ return('says ' ~ key ~ ', which nobody reads') }}
    {%- endfor -%}
    {%- for key, values in contract.allowed.items() if key in meta and meta[key] not in values -%}
        {{ return(key ~ ' must be one of ' ~ values) }}
    {%- endfor -%}
    {%- for period in meta.periods if period not in contract.periods[meta.counted] -%}
        {{ return('periods must be among ' ~ contract.periods[meta.counted]) }}
    {%- endfor -%}
    {%- if meta.counted == 'on_day' and meta.periods | length != 1 -%}
        {{ return('counted on a day has exactly one period') }}
    {%- elif not meta.periods or not meta.datasets -%}
        {{ return('needs a period and a dataset') }}
    {%- elif meta.counted == 'on_day' and 'counts' in meta -%}
        {{ return('counts is for what is counted by_event') }}
    {%- elif (meta.unit == 'per_10k') != ('denominator' in meta) -%}
        {{ return('denominator names the population of a rate, and only of a rate') }}
    {%- endif -%}
    {{ return('') }}
{% endmacro %}

{#- The indicators and what their YAML says of them: a list of {id, model, ...meta}, in the order of their names.

    Their names come from WAREHOUSE_INDICATORS (childrens_warehouse/build/dbt.py sets it to every ind_*.sql), because
    dbt wants to know every ref() while it parses and its graph is complete only afterwards. While parsing, only
    id and model are there. Stops the run when an entry is missing or says what no reader knows. -#}
{% macro indicator_definitions() %}
    {%- set definitions = [] -%}
    {%- for model in env_var('WAREHOUSE_INDICATORS').split(',') | map('trim') | select | sort -%}
        {%- set definition = {'id': model | replace('ind_', '', 1), 'model': model} -%}
        {%- if execute -%}
            {%- set node = graph.nodes.get('model.' ~ project_name ~ '.' ~ model) -%}
            {%- if not node -%}
                {{ exceptions.raise_compiler_error('There is no indicator model ' ~ model) }}
            {%- endif -%}
            {%- set offence = indicator_offence(node.config.meta) -%}
            {%- if offence -%}
                {{ exceptions.raise_compiler_error(model ~ ': ' ~ offence) }}
            {%- endif -%}
            {%- do definition.update(node.config.meta) -%}
            {#- Shares of subjects, or of events, are binomial; how often something happens is Poisson; sums are neither. -#}
            {%- if 'interval' not in definition -%}
                {%- set binomial = definition.unit == 'percent' -%}
                {%- set poisson = definition.unit == 'per_10k'
                    or (definition.unit == 'count' and definition.counted == 'by_event') -%}
                {%- do definition.update(
                    {'interval': 'wilson' if binomial else 'byar' if poisson else 'none'}
                ) -%}
            {%- endif -%}
            {%- do definition.update({'counts': definition.get('counts', 'events')}) -%}
        {%- endif -%}
        {%- do definitions.append(definition) -%}
    {%- endfor -%}
    {{ return(definitions) }}
{% endmacro %}
