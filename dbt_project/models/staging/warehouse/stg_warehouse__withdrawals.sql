with

source as (

    select * from {{ source('raw', 'withdrawal') }}

),

final as (

    select
        -- identifiers
        cast(authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(dataset as {{ dbt.type_string() }}) as dataset,
        cast(scope as {{ dbt.type_string() }}) as scope,
        cast(source_file as {{ dbt.type_string() }}) as source_file,
        cast(source_row as bigint) as source_row,
        cast(child_key as bigint) as child_key,
        cast(pupil_key as bigint) as pupil_key,
        cast(patient_key as bigint) as patient_key,

        -- dates
        cast(withdrawn_on as date) as withdrawn_on,
        cast(known_at as timestamp) as known_at,

        -- flags
        cast(is_back as boolean) as is_back

    from source

)

select * from final
