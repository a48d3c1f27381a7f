{#- As dbt-spark's own, for Parquet alone, in as few tasks as the cluster has places: every part of a union is a task of its
    own otherwise, each is sent the whole plan, and each leaves a file. Hundreds of lists make hundreds of both. -#}
{% macro spark__create_table_as(temporary, relation, compiled_code, language='sql') -%}
    {%- if temporary -%}
        {{ create_temporary_view(relation, compiled_code) }}
    {%- else -%}
        create table {{ relation }}
        {%- if config.get('contract').enforced %}
            {{- get_assert_columns_equivalent(compiled_code) }}
            {%- set compiled_code = get_select_subquery(compiled_code) %}
        {%- endif %}
        {{ file_format_clause() }}
        {{ partition_cols(label='partitioned by') }}
        {{ comment_clause() }}
        as
        select /*+ coalesce({{ env_var('WAREHOUSE_SPARK_PLACES', '2') }}) */ * from (
            {{ compiled_code }}
        ) as computed
    {%- endif -%}
{%- endmacro %}
