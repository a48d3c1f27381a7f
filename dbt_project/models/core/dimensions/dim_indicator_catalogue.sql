with

seed as (

    select * from {{ ref('indicator_catalogue') }}

),

final as (

    select
        catalogue_id,
        area,
        title,
        printed_in,
        reference,
        cadence,
        state,
        indicator_id as indicator_ids,
        dimension,
        member,
        missing_field,
        missing_system,
        note

    from seed

)

select * from final
