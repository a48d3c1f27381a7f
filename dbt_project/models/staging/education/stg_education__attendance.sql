with

source as (

    select * from {{ source('raw', 'attendance') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(pupil_key as bigint) as pupil_key,
        cast(school_urn as integer) as school_urn,
        cast(supplier as {{ dbt.type_string() }}) as supplier,

        -- codes
        cast(session as {{ dbt.type_string() }}) as session_code,
        cast(mark as {{ dbt.type_string() }}) as mark,

        -- dates
        cast(session_date as date) as session_date,
        cast({{ dbt.date_trunc('month', 'session_date') }} as date) as session_month,

        -- lineage
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
