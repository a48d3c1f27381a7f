with

source as (

    select * from {{ source('raw', 'night') }}

),

final as (

    select
        cast(as_at as date) as as_at,
        cast(known_on as timestamp) as known_on

    from source

)

select * from final
