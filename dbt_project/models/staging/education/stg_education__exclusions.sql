with

source as (

    select * from {{ source('raw', 'exclusions') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(exclusion_id as {{ dbt.type_string() }}) as exclusion_id,
        cast(pupil_key as bigint) as pupil_key,
        cast(school_urn as integer) as school_urn,

        -- codes
        cast(exclusion_type as {{ dbt.type_string() }}) as exclusion_type_code,

        -- dates
        cast(start_date as date) as started_on,
        cast(cancelled_on as date) as cancelled_on,

        -- texts
        cast(exclusion_reason as {{ dbt.type_string() }}) as exclusion_reason,

        -- measures
        cast(sessions as integer) as suspended_sessions,

        -- lineage
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
