with

source as (

    select * from {{ source('raw', 'enrolments') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(pupil_key as bigint) as pupil_key,
        cast(school_urn as integer) as school_urn,

        -- codes
        cast(status as {{ dbt.type_string() }}) as enrolment_status_code,
        cast(year_group as {{ dbt.type_string() }}) as year_group_code,

        -- dates
        cast(start_date as date) as started_on,
        cast(end_date as date) as ended_on,

        -- texts
        cast(leaving_reason as {{ dbt.type_string() }}) as leaving_reason,

        -- lineage
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
