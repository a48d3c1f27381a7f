with

seed as (

    select * from {{ ref('code_list') }}
    where list_name = 'PLACE_PROVIDER'

),

final as (

    select
        code as provider_code,
        label,
        valid_from,
        valid_to,
        source_document

    from seed

    union all

    select
        'unknown' as provider_code,
        -- the return asks for none in temporary and other placements
        'Unknown or not asked for' as label,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        'Member for what is not known' as source_document

)

select * from final
