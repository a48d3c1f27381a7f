with

source as (

    select * from {{ source('raw', 'extract') }}

),

final as (

    select
        -- identifiers
        cast(authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(source as {{ dbt.type_string() }}) as source,
        cast(dataset as {{ dbt.type_string() }}) as dataset,
        cast(scope as {{ dbt.type_string() }}) as scope,
        cast(source_file as {{ dbt.type_string() }}) as source_file,
        cast(file_name as {{ dbt.type_string() }}) as file_name,

        -- dates
        case
            when scope like 'collection_year:%'
                then cast(replace(scope, 'collection_year:', '') as integer)
        end as collection_year,
        cast(extract_date as date) as extract_date,
        cast(generated_at as timestamp) as generated_at,

        -- measures
        cast(rows_read as bigint) as rows_read,
        cast(rows_loaded as bigint) as rows_loaded,
        cast(rows_refused as bigint) as rows_refused,
        cast(rows_in_force as bigint) as rows_in_force

    from source

)

select * from final
