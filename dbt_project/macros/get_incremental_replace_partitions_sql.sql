{#- Incremental strategy `replace_partitions`: only the partitions that are unchanged tonight stay; those rebuilt give
    way to their new rows, and those that should no longer exist go.

    dbt's own delete+insert joins the old rows of a partition with each of its new rows (many to many on a partition
    key), and knows nothing of a partition that has no rows any more. -#}
{% macro get_incremental_replace_partitions_sql(arg_dict) %}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    {%- set keys = arg_dict['unique_key'] | join(', ') -%}

    delete from {{ arg_dict['target_relation'] }}
    where ({{ keys }}) not in (
        select {{ keys }}
        from {{ source('raw', 'attendance_partition') }}
        where not is_rebuilt
    );

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{% endmacro %}
