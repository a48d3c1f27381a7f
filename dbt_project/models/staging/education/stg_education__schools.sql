with

source as (

    select * from {{ source('raw', 'schools') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(urn as integer) as school_urn,

        -- codes
        cast(phase as {{ dbt.type_string() }}) as phase_code,
        cast(la_code as {{ dbt.type_string() }}) as located_in_authority_code,

        -- dates
        cast(opened_on as date) as opened_on,
        cast(closed_on as date) as closed_on,

        -- texts
        cast(school_name as {{ dbt.type_string() }}) as school_name,
        cast(postcode as {{ dbt.type_string() }}) as school_postcode,

        -- lineage
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
