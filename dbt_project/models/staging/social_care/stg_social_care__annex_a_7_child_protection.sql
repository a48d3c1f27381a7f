with

source as (

    select * from {{ source('raw', 'annex_a_7_child_protection') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,

        -- codes
        cast(initial_category_of_abuse as {{ dbt.type_string() }}) as initial_category_of_abuse_code,
        cast(latest_category_of_abuse as {{ dbt.type_string() }}) as latest_category_of_abuse_code,
        cast(allocated_team as {{ dbt.type_string() }}) as team_name,

        -- dates
        cast(started_on as date) as started_on,
        cast(ended_on as date) as ended_on,
        cast(last_visit_date as date) as last_visit_on,
        cast(last_review_date as date) as last_review_on,

        -- measures
        cast(number_of_previous_plans as integer) as previous_plans_told,

        -- flags
        case is_child_seen_alone when 'Y' then true when 'N' then false end as is_child_seen_alone,
        case is_emergency_protected when 'Y' then true when 'N' then false end as is_emergency_protected,

        -- lineage
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
