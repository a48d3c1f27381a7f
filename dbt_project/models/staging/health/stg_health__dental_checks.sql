with

source as (

    select * from {{ source('raw', 'dental_checks') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(patient_key as bigint) as patient_key,
        cast(child_key as bigint) as child_key,

        -- codes
        cast(outcome as {{ dbt.type_string() }}) as outcome_code,

        -- dates
        cast(checked_on as date) as checked_on,

        -- lineage
        cast(_collection_year as integer) as collection_year,
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
