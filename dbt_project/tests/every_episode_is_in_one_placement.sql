{{ config(group='warehouse') }}

-- No episode in force is lost or counted twice when placements, periods of care and legal statuses are put together.
with

episodes as (

    select
        authority_code,
        child_key,
        count(*) as episode_count

    from {{ ref('int_episodes_in_force') }}
    group by authority_code, child_key

),

placements as (

    select
        authority_code,
        child_key,
        sum(episode_count) as episode_count

    from {{ ref('fct_placement') }}
    group by authority_code, child_key

),

care_periods as (

    select
        authority_code,
        child_key,
        sum(episode_count) as episode_count

    from {{ ref('fct_care_period') }}
    group by authority_code, child_key

),

legal_status_spells as (

    select
        authority_code,
        child_key,
        sum(episode_count) as episode_count

    from {{ ref('fct_legal_status_spell') }}
    group by authority_code, child_key

)

select
    authority_code,
    child_key,
    episodes.episode_count,
    placements.episode_count as episodes_in_placements,
    care_periods.episode_count as episodes_in_care_periods,
    legal_status_spells.episode_count as episodes_in_legal_statuses

from episodes
full join placements using (authority_code, child_key)
full join care_periods using (authority_code, child_key)
full join legal_status_spells using (authority_code, child_key)
where
    episodes.episode_count is distinct from placements.episode_count
    or episodes.episode_count is distinct from care_periods.episode_count
    or episodes.episode_count is distinct from legal_status_spells.episode_count
