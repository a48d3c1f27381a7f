{#- Incremental strategy `replace_partitions`: the partitions rebuilt tonight give way to their new rows, those that
    should no longer exist go, and the others are not touched.

    dbt's own delete+insert joins the old rows of a partition with each of its new rows (many to many on a partition
    key), and knows nothing of a partition that has no rows any more. -#}
{% macro get_incremental_replace_partitions_sql(arg_dict) %}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}

    delete from {{ arg_dict['target_relation'] }} as target
    where
        not exists (
            select 1
            from {{ source('raw', 'attendance_partition') }} as unchanged
            where
                not unchanged.is_rebuilt
                {%- for column in arg_dict['unique_key'] %}
                and unchanged.{{ column }} = target.{{ column }}
                {%- endfor %}
        );

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{% endmacro %}
