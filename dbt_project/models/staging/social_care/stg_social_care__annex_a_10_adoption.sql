with

source as (

    select * from {{ source('raw', 'annex_a_10_adoption') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,
        cast(adoptive_family_key as bigint) as adoptive_family_key,

        -- codes
        cast(reason_taken_back as {{ dbt.type_string() }}) as end_reason_code,
        case is_disabled when 'Y' then true when 'N' then false end as is_disabled,
        cast(gender as {{ dbt.type_string() }}) as sex_code,
        cast(ethnicity as {{ dbt.type_string() }}) as ethnicity_code,

        -- dates
        cast(birth_month as date) as birth_month,
        cast(entered_care_on as date) as entered_care_on,
        cast(decision_date as date) as decided_on,
        cast(placement_order_date as date) as placement_order_on,
        cast(matching_date as date) as matched_on,
        cast(placed_on as date) as placed_on,
        cast(adoption_order_date as date) as adoption_order_on,
        cast(decision_taken_back_date as date) as ended_on,
        cast(fostering_for_adoption_date as date) as fostering_for_adoption_on,

        -- lineage
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
