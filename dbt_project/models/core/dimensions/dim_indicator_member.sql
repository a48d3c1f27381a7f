with

seed as (

    select * from {{ ref('indicator_member') }}

),

placement_types as (

    select * from {{ ref('panel_placement_type') }}

),

providers as (

    select * from {{ ref('dim_placement_provider') }}

),

-- The placement types of a panel's report go by code and provider together.
by_provider as (

    select
        'placement_type' as dimension,
        concat(placement_types.placement_type_code, ' ', providers.provider_code) as source_value,
        placement_types.member

    from placement_types
    inner join providers
        on coalesce(placement_types.provider_code, providers.provider_code) = providers.provider_code

),

final as (

    select
        dimension,
        source_value,
        member,
        member_label,
        position,
        source_document

    from seed
    union all
    select
        by_provider.dimension,
        by_provider.source_value,
        by_provider.member,
        seed.member_label,
        seed.position,
        seed.source_document

    from by_provider
    inner join seed
        on by_provider.dimension = seed.dimension
            and by_provider.member = seed.source_value

)

select * from final
