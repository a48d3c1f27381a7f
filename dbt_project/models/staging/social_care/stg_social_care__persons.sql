with

source as (

    select * from {{ source('raw', 'persons') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,
        cast(nhs_number_key as bigint) as nhs_number_key,
        cast(pupil_key as bigint) as pupil_key,
        cast(former_pupil_key as bigint) as former_pupil_key,
        cast(home_postcode_key as bigint) as home_postcode_key,

        -- codes
        cast(case sex when '1' then 'M' when '2' then 'F' else sex end as {{ dbt.type_string() }}) as sex_code,
        cast(ethnicity as {{ dbt.type_string() }}) as ethnicity_code,
        cast(disability as {{ dbt.type_string() }}) as disability_codes,
        case unaccompanied when 'Y' then true when 'N' then false end as is_unaccompanied,
        case adopted_identity when 'Y' then true when 'N' then false end as is_adopted_identity,
        case restricted when 'Y' then true when 'N' then false end as is_restricted,
        cast(is_home_in_authority as boolean) as is_home_in_authority,

        -- dates
        cast(birth_month as date) as birth_month,
        cast(expected_birth_month as date) as expected_birth_month,
        cast(death_month as date) as death_month,
        cast(home_postcode_from as date) as home_postcode_from,

        -- lineage
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
