with

source as (

    select * from {{ source('raw', 'care_leavers') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,

        -- codes
        cast(eligibility as {{ dbt.type_string() }}) as eligibility_code,
        cast(in_touch as {{ dbt.type_string() }}) as in_touch_code,
        cast(activity as {{ dbt.type_string() }}) as activity_code,
        cast(accommodation as {{ dbt.type_string() }}) as accommodation_code,

        -- dates
        cast(contact_date as date) as contact_on,
        cast(pathway_plan_reviewed_on as date) as pathway_plan_reviewed_on,

        -- lineage
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
