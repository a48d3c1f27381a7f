with

source as (

    select * from {{ source('raw', 'child_identity') }}

),

final as (

    select
        -- identifiers
        cast(authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(identity_kind as {{ dbt.type_string() }}) as identity_kind,
        cast(identity_key as bigint) as identity_key,
        cast(child_key as bigint) as child_key,

        -- how sure it is
        cast(link_rule as {{ dbt.type_string() }}) as link_rule,
        cast(match_probability as double) as match_probability,
        cast(outcome as {{ dbt.type_string() }}) as outcome,
        cast(is_contested as boolean) as is_contested,
        cast(has_nhs_number as boolean) as has_nhs_number,
        cast(is_delivered as boolean) as is_delivered

    from source

)

select * from final
