{#- Of authorities in the release: whose neighbours are elsewhere is of no use here, but a neighbour that is elsewhere
    counts among those listed. -#}
with

listed as (

    select * from {{ ref('stg_warehouse__statistical_neighbours') }}

),

present as (

    select distinct authority_code

    from {{ ref('dim_extract') }}

),

final as (

    select
        listed.authority_code,
        listed.neighbour_code,
        present.authority_code is not null as is_in_release,
        listed.source_document

    from listed
    inner join present as own
        on listed.authority_code = own.authority_code

    -- left: most neighbours are elsewhere
    left join present
        on listed.neighbour_code = present.authority_code

)

select * from final
