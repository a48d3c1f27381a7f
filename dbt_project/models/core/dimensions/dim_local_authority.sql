with

seed as (

    select * from {{ ref('local_authority') }}

),

final as (

    select
        local_authority_code,
        ons_code,
        label,
        region,
        country,
        valid_from,
        valid_to,
        succeeded_by,
        source_document

    from seed

    union all

    select
        'unknown' as local_authority_code,
        cast(null as {{ dbt.type_string() }}) as ons_code,
        'Unknown' as label,
        'Unknown' as region,
        'Unknown' as country,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        cast(null as {{ dbt.type_string() }}) as succeeded_by,
        'Member for what is not known' as source_document

)

select * from final
