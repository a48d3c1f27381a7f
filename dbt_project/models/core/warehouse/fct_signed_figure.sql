with

figures as (

    select * from {{ ref('stg_warehouse__signed_figures') }}

),

final as (

    select
        authority_code,
        indicator_id,
        definition_version,
        as_at,
        period,
        dimension,
        member,
        numerator,
        denominator,
        value

    from figures

)

select * from final
