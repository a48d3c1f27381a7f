with

source as (

    select * from {{ source('raw', 'signed_figure') }}

),

final as (

    select
        -- identifiers
        cast(authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(indicator_id as {{ dbt.type_string() }}) as indicator_id,
        cast(definition_version as integer) as definition_version,
        cast(as_at as date) as as_at,
        cast(period as {{ dbt.type_string() }}) as period,
        cast(dimension as {{ dbt.type_string() }}) as dimension,
        cast(member as {{ dbt.type_string() }}) as member,

        -- measures
        cast(numerator as bigint) as numerator,
        cast(denominator as bigint) as denominator,
        cast(value as double) as value

    from source

)

select * from final
