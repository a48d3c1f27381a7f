with

source as (

    select * from {{ source('raw', 'pupils') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(pupil_key as bigint) as pupil_key,
        cast(former_pupil_key as bigint) as former_pupil_key,
        cast(child_key as bigint) as child_key,
        cast(nhs_number_key as bigint) as nhs_number_key,
        cast(postcode_key as bigint) as postcode_key,

        -- codes
        cast(case sex when '1' then 'M' when '2' then 'F' else sex end as {{ dbt.type_string() }}) as sex_code,
        cast(ethnicity as {{ dbt.type_string() }}) as ethnicity_code,
        cast(sen_provision as {{ dbt.type_string() }}) as sen_provision_code,
        cast(sen_primary_need as {{ dbt.type_string() }}) as sen_primary_need_code,
        case free_school_meals when 'Y' then true when 'N' then false end as is_free_school_meals,

        -- dates
        cast(birth_month as date) as birth_month,

        -- lineage
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
