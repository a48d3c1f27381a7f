with

seed as (

    select * from {{ ref('legal_status') }}

),

final as (

    select
        legal_status_code,
        label,
        legal_status_group,
        is_short_break,
        is_accommodated,
        is_care_order,
        is_placement_order,
        is_police_or_emergency,
        is_youth_justice,
        valid_from,
        valid_to,
        source_document

    from seed

    union all

    select
        'unknown' as legal_status_code,
        'Unknown' as label,
        'Unknown' as legal_status_group,
        cast(null as boolean) as is_short_break,
        cast(null as boolean) as is_accommodated,
        cast(null as boolean) as is_care_order,
        cast(null as boolean) as is_placement_order,
        cast(null as boolean) as is_police_or_emergency,
        cast(null as boolean) as is_youth_justice,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        'Member for what is not known' as source_document

)

select * from final
