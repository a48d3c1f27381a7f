with

source as (

    select * from {{ source('raw', 'ssda903_ad1') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,

        -- codes
        cast(foster_care as {{ dbt.type_string() }}) as foster_carers_adopted_code,
        cast(nb_adoptr as {{ dbt.type_string() }}) as adopter_number_code,
        cast(sex_adoptr as {{ dbt.type_string() }}) as adopter_sex_code,
        cast(ls_adoptr as {{ dbt.type_string() }}) as adopter_legal_status_code,

        -- dates
        cast(birth_month as date) as birth_month,
        cast(date_int as date) as decided_on,
        cast(date_match as date) as matched_on,

        -- lineage
        cast(_collection_year as integer) as collection_year,
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
