{#- The files of a return, without the prefix that their datasets share. -#}
{%- set files = [
    'header', 'episodes', 'reviews', 'uasc', 'oc2', 'oc3', 'ad1', 'placed_for_adoption', 'previous_permanence',
    'missing', 'sw_episodes', 'dolo',
] -%}

with

extracts as (

    select * from {{ ref('stg_warehouse__extracts') }}
    -- a whole list is not a return: it speaks of no year
    where dataset like 'ssda903%' and collection_year is not null

),

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

delivered as (

    select
        authority_code,
        collection_year,
        {%- for file in files %}
            max(case when dataset = 'ssda903_{{ file }}' then 1 else 0 end) = 1 as has_{{ file }},
        {%- endfor %}
        count(distinct dataset) as file_count

    from extracts
    group by authority_code, collection_year

),

years as (

    select
        delivered.*,
        cast(concat(cast(collection_year - 1 as {{ dbt.type_string() }}), '-04-01') as date) as year_start,
        cast(concat(cast(collection_year as {{ dbt.type_string() }}), '-03-31') as date) as year_end

    from delivered

),

final as (

    select
        years.authority_code,
        years.collection_year,
        years.year_start,
        years.year_end,
        {%- for file in files %}
            years.has_{{ file }},
            coalesce(years_before.has_{{ file }}, false) as had_{{ file }},
        {%- endfor %}
        -- what is open in a year that is still running has lasted until tonight
        least(years.year_end, night.as_at) as known_until,
        years.year_end <= night.as_at as is_year_over

    from years
    cross join night

    -- left: of the first year there is none before
    left join delivered as years_before
        on years.authority_code = years_before.authority_code
            and years.collection_year = years_before.collection_year + 1

)

select * from final
