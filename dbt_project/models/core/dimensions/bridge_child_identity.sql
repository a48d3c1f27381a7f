with

identities as (

    select * from {{ ref('stg_warehouse__child_identities') }}

),

final as (

    select
        authority_code,
        identity_kind,
        identity_key,
        child_key,
        link_rule,
        match_probability,
        outcome,
        is_contested,
        has_nhs_number,
        is_delivered

    from identities

)

select * from final
