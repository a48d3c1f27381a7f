with

source as (

    select * from {{ source('raw', 'annex_a_11_adopters') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(adopter_key as bigint) as adopter_key,
        cast(adoptive_family_key as bigint) as adoptive_family_key,

        -- codes
        cast(gender as {{ dbt.type_string() }}) as sex_code,
        cast(ethnicity as {{ dbt.type_string() }}) as ethnicity_code,
        case is_disabled when 'Y' then true when 'N' then false end as is_disabled,
        case is_fostering_for_adoption when 'Y' then true when 'N' then false end as is_fostering_for_adoption,

        -- numbers
        cast(number_of_children_placed as integer) as children_placed_count,

        -- dates
        cast(enquiry_date as date) as enquired_on,
        cast(stage_1_started_on as date) as stage_1_started_on,
        cast(stage_1_ended_on as date) as stage_1_ended_on,
        cast(stage_2_started_on as date) as stage_2_started_on,
        cast(stage_2_ended_on as date) as stage_2_ended_on,
        cast(application_date as date) as applied_on,
        cast(approval_date as date) as approved_on,
        cast(matching_date as date) as matched_on,
        cast(placed_on as date) as placed_on,
        cast(adoption_order_date as date) as adoption_order_on,
        cast(left_on as date) as left_on,

        -- lineage
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
