with

sign_offs as (

    select * from {{ ref('stg_warehouse__sign_offs') }}

),

final as (

    select
        authority_code,
        return_code,
        return_year,
        signed_at

    from sign_offs

)

select * from final
