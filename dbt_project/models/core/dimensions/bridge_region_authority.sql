{#- Who is in the release: whoever has a file in force, as everywhere. England stands for all of them, where that is not
    one region under another name. A council alone has no row. -#}
with

extracts as (

    select * from {{ ref('dim_extract') }}

),

authorities as (

    select * from {{ ref('dim_local_authority') }}

),

present as (

    select distinct
        extracts.authority_code,
        authorities.region

    from extracts
    inner join authorities
        on extracts.authority_code = authorities.local_authority_code
    where authorities.country = 'England'

),

regions as (

    select count(distinct region) as regions

    from present

),

assigned as (

    select
        region,
        authority_code

    from present
    union all
    select
        'England' as region,
        present.authority_code

    from present
    cross join regions
    where regions.regions > 1

),

counted as (

    select
        region,
        authority_code,
        count(*) over (partition by region) as members

    from assigned

),

final as (

    select
        region,
        authority_code,
        cast(members as integer) as members

    from counted
    where members > 1

)

select * from final
