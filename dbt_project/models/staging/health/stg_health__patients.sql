with

source as (

    select * from {{ source('raw', 'patients') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(patient_key as bigint) as patient_key,
        cast(child_key as bigint) as child_key,
        cast(nhs_number_key as bigint) as nhs_number_key,
        cast(superseded_by_nhs_number_key as bigint) as superseded_by_nhs_number_key,
        cast(postcode_key as bigint) as postcode_key,

        -- codes
        cast(case sex when '1' then 'M' when '2' then 'F' else sex end as {{ dbt.type_string() }}) as sex_code,

        -- dates
        cast(birth_month as date) as birth_month,

        -- lineage
        cast(_collection_year as integer) as collection_year,
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
