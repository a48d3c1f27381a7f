{#- Lists that name the team which holds a case, besides the allocations. -#}
{%- set lists = [
    'stg_social_care__annex_a_3_referrals',
    'stg_social_care__annex_a_4_assessments',
    'stg_social_care__annex_a_5_section47',
    'stg_social_care__annex_a_6_children_in_need',
    'stg_social_care__annex_a_7_child_protection',
    'stg_social_care__annex_a_8_children_in_care',
] -%}
with

allocations as (

    select * from {{ ref('fct_allocation') }}
    where team_name <> 'unknown'

),

named as (

    select
        authority_code,
        team_name,
        started_on,
        ended_on,
        true as is_allocation

    from allocations

    {%- for list in lists %}
        union all

        select
            authority_code,
            team_name,
            cast(null as date) as started_on,
            cast(null as date) as ended_on,
            false as is_allocation

        from {{ ref(list) }}
        where team_name is not null
    {%- endfor %}

),

authorities as (

    select distinct authority_code

    from {{ ref('stg_warehouse__extracts') }}

),

final as (

    select
        authority_code,
        team_name,
        min(started_on) as first_allocated_on,
        max(started_on) as last_allocated_on,
        max(case when is_allocation and ended_on is null then 1 else 0 end) = 1 as is_active

    from named
    group by authority_code, team_name

    union all

    select
        authority_code,
        'unknown' as team_name,
        cast(null as date) as first_allocated_on,
        cast(null as date) as last_allocated_on,
        cast(null as boolean) as is_active

    from authorities

)

select * from final
