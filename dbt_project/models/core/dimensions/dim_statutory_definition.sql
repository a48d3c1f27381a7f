with

seed as (

    select * from {{ ref('statutory_definition') }}

),

final as (

    select
        definition_code,
        topic,
        rule,
        value,
        unit,
        valid_from,
        valid_to,
        laid_down_by,
        source_document,
        confidence,
        project_variable,
        indicator_ids,
        note

    from seed

)

select * from final
