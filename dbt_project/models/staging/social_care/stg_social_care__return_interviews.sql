with

source as (

    select * from {{ source('raw', 'return_interviews') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,

        -- codes
        case offered when 'Y' then true when 'N' then false end as is_offered,
        case accepted when 'Y' then true when 'N' then false end as is_accepted,

        -- dates
        cast(missing_start as date) as missing_started_on,
        cast(returned_at as timestamp) as returned_at,
        cast(interviewed_at as timestamp) as interviewed_at,

        -- lineage
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
