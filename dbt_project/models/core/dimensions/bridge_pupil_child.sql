with

identities as (

    select * from {{ ref('stg_warehouse__child_identities') }}

),

final as (

    select
        authority_code,
        identity_key as pupil_key,
        child_key,
        case when link_rule = 'own' then 'none' else link_rule end as link_rule,
        is_contested

    from identities
    where identity_kind = 'education'

)

select * from final
