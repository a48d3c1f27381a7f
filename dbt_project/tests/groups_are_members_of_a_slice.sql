{{ config(group='warehouse') }}

-- A group that no member shows would be counted as unknown without a word: add it to seeds/indicator_member.csv.
with

sources as (

    select distinct
        'ethnic_group' as dimension,
        ethnic_group as source_value

    from {{ ref('dim_ethnicity') }}
    union all
    select distinct
        'placement_group' as dimension,
        placement_group as source_value

    from {{ ref('dim_placement_type') }}
    where placement_type_code <> 'unknown'
    union all
    -- some provider of each; a foster placement without one is in neither line
    select
        'placement_type' as dimension,
        concat(placement_type_code, case when is_foster_placement then ' PR1' else ' unknown' end) as source_value

    from {{ ref('dim_placement_type') }}

)

select sources.*

from sources
left join {{ ref('dim_indicator_member') }} as members
    on sources.dimension = members.dimension
        and sources.source_value = members.source_value
where members.member is null
