with

source as (

    select * from {{ source('raw', 'annex_a_1_contacts') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,

        -- codes
        cast(contact_source as {{ dbt.type_string() }}) as contact_source_code,
        cast(gender as {{ dbt.type_string() }}) as sex_code,
        cast(ethnicity as {{ dbt.type_string() }}) as ethnicity_code,

        -- dates
        cast(birth_month as date) as birth_month,
        cast(contact_date as date) as contact_on,

        -- lineage
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
