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
        seed.dimension,
        seed.member,
        seed.valid_from,
        seed.valid_to,
        seed.value as population_count,
        seed.source_document,
        seed.note

    from seed
    inner join authorities
        on seed.authority_code = authorities.authority_code

)

select * from final
