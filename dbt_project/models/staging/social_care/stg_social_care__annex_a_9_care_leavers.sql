with

source as (

    select * from {{ source('raw', 'annex_a_9_care_leavers') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,

        -- codes
        cast(in_touch as {{ dbt.type_string() }}) as in_touch_code,
        cast(activity as {{ dbt.type_string() }}) as activity_code,
        cast(accommodation_type as {{ dbt.type_string() }}) as accommodation_type_code,
        cast(accommodation_suitability as {{ dbt.type_string() }}) as accommodation_suitability_code,
        case is_uasc when 'Y' then true when 'N' then false end as is_unaccompanied,
        case is_disabled when 'Y' then true when 'N' then false end as is_disabled,
        cast(gender as {{ dbt.type_string() }}) as sex_code,
        cast(ethnicity as {{ dbt.type_string() }}) as ethnicity_code,

        -- dates
        cast(birth_month as date) as birth_month,
        cast(last_contact_date as date) as last_contact_on,
        cast(last_pathway_plan_review_date as date) as pathway_plan_reviewed_on,

        -- texts
        cast(allocated_team as {{ dbt.type_string() }}) as team_name,
        cast(eligibility_category as {{ dbt.type_string() }}) as eligibility_wording,

        -- lineage
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
