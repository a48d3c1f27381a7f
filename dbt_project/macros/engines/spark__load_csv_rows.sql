{#- Rows of a seed as literals of Spark: dbt-spark's own puts them into the statement without escaping quotes, and makes
    a floating-point number of every number on its way. -#}
{% macro spark__load_csv_rows(model, agate_table) %}
    {%- set column_types = model['config'].get('column_types', {}) -%}
    {%- set statements = [] -%}
    {%- for chunk in agate_table.rows | batch(get_batch_size()) %}
        {%- set statement %}
            insert into {{ this.render() }} values
            {% for row in chunk -%}
            (
                {%- for column in agate_table.column_names -%}
                    {%- set value = row[loop.index0] -%}
                    cast({{ 'null' if value is none else spark_literal(value) }} as
                    {{- ' ' ~ column_types.get(column, adapter.convert_type(agate_table, loop.index0)) }})
                    {{- ', ' if not loop.last }}
                {%- endfor -%}
            ){{ ',' if not loop.last }}
            {% endfor %}
        {%- endset -%}
        {%- do adapter.add_query(statement, abridge_sql_log=True) -%}
        {%- do statements.append(statement) -%}
    {%- endfor -%}
    {{ return(statements[0]) }}
{% endmacro %}

{#- A text literal of Spark, in which a backslash and a quote are escaped by a backslash. -#}
{% macro spark_literal(value) -%}
    '{{ value | string | replace("\\", "\\\\") | replace("'", "\\'") }}'
{%- endmacro %}
