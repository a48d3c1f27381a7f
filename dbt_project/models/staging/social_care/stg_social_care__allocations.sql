with

source as (

    select * from {{ source('raw', 'allocations') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,
        cast(worker_key as bigint) as worker_key,

        -- codes
        cast(worker_role as {{ dbt.type_string() }}) as worker_role_code,
        cast(team_name as {{ dbt.type_string() }}) as team_name,

        -- dates
        cast(start_date as date) as started_on,
        cast(end_date as date) as ended_on,

        -- lineage
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
