with

source as (

    select * from {{ source('raw', 'cin_section47') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,
        cast(cin_details_id as integer) as cin_details_id,
        cast(section47_id as integer) as section47_id,

        -- codes
        case is_initial_conference_not_required
            when '1' then true when '0' then false
        end as is_conference_not_required,

        -- dates
        cast(started_on as date) as started_on,
        cast(initial_conference_due_on as date) as conference_target_on,
        cast(initial_conference_date as date) as conference_on,

        -- lineage
        cast(_collection_year as integer) as collection_year,
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
