with

source as (

    select * from {{ source('raw', 'statistical_neighbour') }}

),

final as (

    select
        cast(authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(neighbour_code as {{ dbt.type_string() }}) as neighbour_code,
        cast(source_document as {{ dbt.type_string() }}) as source_document

    from source

)

select * from final
