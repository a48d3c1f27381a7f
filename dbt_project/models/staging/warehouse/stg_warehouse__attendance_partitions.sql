with

source as (

    select * from {{ source('raw', 'attendance_partition') }}

),

final as (

    select
        cast(authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(session_month as date) as session_month,
        cast(is_rebuilt as boolean) as is_rebuilt

    from source

)

select * from final
