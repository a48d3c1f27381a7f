with

seed as (

    select * from {{ ref('placement_type') }}

),

final as (

    select
        placement_type_code,
        label,
        placement_group,
        is_temporary,
        is_foster_placement,
        is_adoptive_placement,
        is_adoption_by_foster_carer,
        valid_from,
        valid_to,
        source_document

    from seed

    union all

    select
        'unknown' as placement_type_code,
        'Unknown' as label,
        'Unknown' as placement_group,
        cast(null as boolean) as is_temporary,
        cast(null as boolean) as is_foster_placement,
        cast(null as boolean) as is_adoptive_placement,
        cast(null as boolean) as is_adoption_by_foster_carer,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        'Member for what is not known' as source_document

)

select * from final
