with

source as (

    select * from {{ source('raw', 'ssda903_previous_permanence') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,

        -- codes
        cast(prev_perm as {{ dbt.type_string() }}) as previous_permanence_code,
        cast(la_perm as {{ dbt.type_string() }}) as previous_authority_code,

        -- dates
        cast(birth_month as date) as birth_month,

        -- texts
        cast(date_perm as {{ dbt.type_string() }}) as previous_order_on,

        -- lineage
        cast(_collection_year as integer) as collection_year,
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
