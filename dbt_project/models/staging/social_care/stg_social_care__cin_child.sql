with

source as (

    select * from {{ source('raw', 'cin_child') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,
        cast(pupil_key as bigint) as pupil_key,
        cast(former_pupil_key as bigint) as former_pupil_key,

        -- codes
        cast(upn_unknown as {{ dbt.type_string() }}) as upn_unknown_code,
        cast(coalesce(sex, gender_current) as {{ dbt.type_string() }}) as sex_code,
        cast(ethnicity as {{ dbt.type_string() }}) as ethnicity_code,

        -- dates
        cast(birth_month as date) as birth_month,
        cast(expected_birth_month as date) as expected_birth_month,
        cast(died_on as date) as died_on,

        -- lineage
        cast(_collection_year as integer) as collection_year,
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
