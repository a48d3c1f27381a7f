with

source as (

    select * from {{ source('raw', 'health_assessments') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(assessment_id as {{ dbt.type_string() }}) as assessment_id,
        cast(child_key as bigint) as child_key,
        cast(patient_key as bigint) as patient_key,

        -- codes
        cast(assessment_type as {{ dbt.type_string() }}) as assessment_type_code,
        cast(outcome as {{ dbt.type_string() }}) as outcome_code,
        cast(area as {{ dbt.type_string() }}) as area_code,

        -- dates
        cast(requested_on as date) as requested_on,
        cast(due_on as date) as provider_due_on,
        cast(seen_on as date) as seen_on,
        cast(report_returned_on as date) as report_returned_on,

        -- lineage
        cast(_collection_year as integer) as collection_year,
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
