with

seed as (

    select * from {{ ref('population') }}

),

-- what is told of others is no business of this warehouse
authorities as (

    select distinct authority_code

    from {{ ref('dim_extract') }}

),

final as (

    select
        seed.authority_code,
        seed.population as population_group,
        dimension,
        member,
        valid_from,
        valid_to,
        value as population_count,
        source_document,
        note

    from seed
    inner join authorities using (authority_code)

)

select * from final
