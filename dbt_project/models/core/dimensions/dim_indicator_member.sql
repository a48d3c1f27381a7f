with

seed as (

    select * from {{ ref('indicator_member') }}

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

)

select * from final
