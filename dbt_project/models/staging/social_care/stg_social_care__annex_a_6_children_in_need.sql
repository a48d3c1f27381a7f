with

source as (

    select * from {{ source('raw', 'annex_a_6_children_in_need') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,

        -- codes
        cast(primary_need_code as {{ dbt.type_string() }}) as primary_need_code,
        cast(reason_for_closure as {{ dbt.type_string() }}) as closure_reason_code,
        cast(allocated_team as {{ dbt.type_string() }}) as team_name,

        -- dates
        cast(started_on as date) as started_on,
        cast(closed_on as date) as ended_on,
        cast(last_seen_on as date) as last_seen_on,

        -- lineage
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
