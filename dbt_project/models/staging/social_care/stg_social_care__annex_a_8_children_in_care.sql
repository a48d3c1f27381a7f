with

source as (

    select * from {{ source('raw', 'annex_a_8_children_in_care') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,

        -- codes
        cast(permanence_plan as {{ dbt.type_string() }}) as permanence_plan,
        cast(allocated_team as {{ dbt.type_string() }}) as team_name,

        -- dates
        cast(started_on as date) as started_on,
        cast(ended_on as date) as ended_on,
        cast(last_visit_date as date) as last_visit_on,
        cast(last_reviewing_officer_visit_date as date) as last_reviewing_officer_contact_on,

        -- lineage
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
