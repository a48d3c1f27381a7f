with

source as (

    select * from {{ source('raw', 'annex_a_2_early_help') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,

        -- codes
        cast(gender as {{ dbt.type_string() }}) as sex_code,
        cast(ethnicity as {{ dbt.type_string() }}) as ethnicity_code,

        -- dates
        cast(birth_month as date) as birth_month,
        cast(started_on as date) as started_on,
        cast(completed_on as date) as completed_on,

        -- texts
        cast(organisation as {{ dbt.type_string() }}) as organisation,

        -- lineage
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
