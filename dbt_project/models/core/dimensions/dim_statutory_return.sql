with

seed as (

    select * from {{ ref('statutory_return') }}

),

final as (

    select
        dataset,
        return_code,
        year_ends_in,
        source_document

    from seed

)

select * from final
