{#- Statements that Spark is told before a build: schema `raw`, and tables of the last build that are still good. -#}
{% macro say_to_spark(statements) %}
    {%- for statement in statements %}
        {%- do run_query(statement) %}
    {%- endfor %}
{% endmacro %}
