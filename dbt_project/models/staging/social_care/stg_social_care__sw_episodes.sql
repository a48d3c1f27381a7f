with

source as (

    select * from {{ source('raw', 'ssda903_sw_episodes') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,
        cast(worker_key as bigint) as worker_key,

        -- codes
        cast(sw_reason as {{ dbt.type_string() }}) as change_reason_code,

        -- dates
        cast(birth_month as date) as birth_month,
        cast(sw_decom as date) as started_on,
        cast(sw_dec as date) as ended_on,

        -- lineage
        cast(_collection_year as integer) as collection_year,
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
