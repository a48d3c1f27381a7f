with

source as (

    select * from {{ source('raw', 'sign_off') }}

),

final as (

    select
        cast(authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(return_code as {{ dbt.type_string() }}) as return_code,
        cast(return_year as integer) as return_year,
        cast(signed_at as timestamp) as signed_at

    from source

)

select * from final
