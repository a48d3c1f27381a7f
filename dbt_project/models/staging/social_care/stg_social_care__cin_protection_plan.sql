with

source as (

    select * from {{ source('raw', 'cin_protection_plan') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,
        cast(cin_details_id as integer) as cin_details_id,
        cast(child_protection_plan_id as integer) as child_protection_plan_id,

        -- codes
        cast(initial_category_of_abuse as {{ dbt.type_string() }}) as initial_category_of_abuse_code,
        cast(latest_category_of_abuse as {{ dbt.type_string() }}) as latest_category_of_abuse_code,

        -- dates
        cast(started_on as date) as started_on,
        cast(ended_on as date) as ended_on,

        -- measures
        cast(number_of_previous_plans as integer) as previous_plans_told,

        -- lineage
        cast(_collection_year as integer) as collection_year,
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
