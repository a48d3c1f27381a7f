with

source as (

    select * from {{ source('raw', 'cin_plan') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,
        cast(cin_details_id as integer) as cin_details_id,
        cast(cin_plan_id as integer) as cin_plan_id,

        -- dates
        cast(started_on as date) as started_on,
        cast(ended_on as date) as ended_on,

        -- lineage
        cast(_collection_year as integer) as collection_year,
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
