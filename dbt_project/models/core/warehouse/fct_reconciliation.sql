with

extracts as (

    select * from {{ ref('dim_extract') }}

),

in_facts as (

    select * from {{ ref('int_rows_in_facts') }}

),

not_counted as (

    select * from {{ ref('int_rows_not_counted') }}

),

in_force as (

    select
        authority_code,
        dataset,
        sum(rows_in_force) as rows_in_force

    from extracts
    group by authority_code, dataset

),

duplicates as (

    select
        authority_code,
        dataset,
        sum(rows_duplicate) as rows_duplicate,
        cast(0 as bigint) as rows_second_supplier

    from {{ ref('int_rows_landed') }}
    where dataset <> 'attendance'
    group by authority_code, dataset
    union all
    select
        authority_code,
        'attendance' as dataset,
        sum(rows_duplicate) as rows_duplicate,
        sum(rows_second_supplier) as rows_second_supplier

    from {{ ref('fct_attendance_partition') }}
    group by authority_code

),

told as (

    select
        authority_code,
        dataset

    from in_force
    union
    select
        authority_code,
        dataset

    from in_facts

),

counted as (

    select
        told.authority_code,
        told.dataset,
        coalesce(in_force.rows_in_force, 0) as rows_in_force,
        coalesce(in_facts.rows_in_facts, 0) as rows_in_facts,
        coalesce(not_counted.rows_superseded, 0) as rows_superseded,
        coalesce(duplicates.rows_duplicate, 0) as rows_duplicate,
        coalesce(duplicates.rows_second_supplier, 0) as rows_second_supplier,
        coalesce(in_facts.rows_without_header, 0) as rows_without_header,
        coalesce(not_counted.rows_without_owner, 0) as rows_without_owner,
        case
            when {{ has_fact('told.dataset') }}
                then coalesce(not_counted.rows_without_event, 0)
            else coalesce(in_force.rows_in_force, 0) - coalesce(duplicates.rows_duplicate, 0)
        end as rows_without_fact

    from told

    -- left: most reasons concern some datasets only
    left join in_force
        on told.authority_code = in_force.authority_code
            and told.dataset = in_force.dataset
    left join in_facts
        on told.authority_code = in_facts.authority_code
            and told.dataset = in_facts.dataset
    left join not_counted
        on told.authority_code = not_counted.authority_code
            and told.dataset = not_counted.dataset
    left join duplicates
        on told.authority_code = duplicates.authority_code
            and told.dataset = duplicates.dataset

),

final as (

    select
        authority_code,
        dataset,
        cast(rows_in_force as bigint) as rows_in_force,
        cast(rows_in_facts as bigint) as rows_in_facts,
        cast(rows_superseded as bigint) as rows_superseded,
        cast(rows_duplicate as bigint) as rows_duplicate,
        cast(rows_second_supplier as bigint) as rows_second_supplier,
        cast(rows_without_header as bigint) as rows_without_header,
        cast(rows_without_owner as bigint) as rows_without_owner,
        cast(rows_without_fact as bigint) as rows_without_fact,
        cast(
            rows_in_force - rows_in_facts - rows_superseded - rows_duplicate
            - rows_second_supplier - rows_without_header - rows_without_owner - rows_without_fact
            as bigint
        ) as rows_unexplained

    from counted

)

select * from final
