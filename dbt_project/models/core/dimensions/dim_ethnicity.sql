with

seed as (

    select * from {{ ref('ethnicity') }}

),

final as (

    select
        ethnicity_code,
        label,
        ethnic_group,
        valid_from,
        valid_to,
        source_document

    from seed

    union all

    select
        'unknown' as ethnicity_code,
        'Unknown' as label,
        -- the same group as refused and not yet obtained: readers ask whether it is known, not why it is not
        'Not known' as ethnic_group,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        'Member for what is not known' as source_document

)

select * from final
