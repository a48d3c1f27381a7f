{#- What the files of one return, and of the year before it, say of a child. Columns bear the return's own names. -#}
{%- set files = [
    'header', 'episodes', 'reviews', 'uasc', 'oc2', 'oc3', 'ad1', 'placed_for_adoption', 'previous_permanence',
    'missing', 'sw_episodes', 'dolo',
] -%}
{#- (name, what it is read from, years before) -#}
{%- set joined = [
    ('headers', 'headers', 0), ('headers_last', 'headers', 1), ('episodes', 'episodes', 0),
    ('episodes_last', 'episodes', 1), ('unaccompanied', 'unaccompanied', 0),
    ('unaccompanied_last', 'unaccompanied', 1), ('oc2', 'oc2', 0), ('oc3', 'oc3', 0), ('oc3_last', 'oc3', 1),
    ('adoptions', 'adoptions', 0), ('placed', 'placed', 0), ('placed_last', 'placed', 1),
    ('permanence', 'permanence', 0),
] -%}

with

returns as (

    select * from {{ ref('dq_returns') }}

),

headers as (

    select * from {{ ref('stg_social_care__header') }}

),

unaccompanied as (

    select * from {{ ref('stg_social_care__uasc') }}

),

named as (

    {%- for file in files %}
        select
            authority_code,
            collection_year,
            child_key

        from {{ ref('stg_social_care__' ~ file) }}
        where collection_year is not null
        {{ 'union' if not loop.last }}
    {%- endfor %}

),

episodes as (

    select
        authority_code,
        collection_year,
        child_key,
        count(*) as episode_count,
        count(case when not is_short_break then 1 end) as care_episode_count,
        min(decom) as first_decom,
        max(decom) as last_decom,
        max(case when is_last then dec end) as last_dec,
        max(case when is_last then rec end) as last_rec,
        max(case when is_last and (dec is null or dec > year_end) then 1 else 0 end) = 1 as is_in_care_at_year_end,
        min(case when not is_short_break then decom end) as first_care_decom,
        min(case when rne = 'S' then decom end) as first_started_decom,
        max(case when rne = 'S' then decom end) as last_started_decom,
        max(dec) as newest_dec,
        min(case when rec in ('E11', 'E12') then decom end) as adopted_decom,
        max(case when rec in ('E11', 'E12') then place end) as adopted_place,
        max(case when rec in ('E11', 'E12') and dec between year_start and year_end then 1 else 0 end) = 1
            as is_adopted_in_year,
        min(case when place in ('A3', 'A4', 'A5', 'A6') then decom end) as first_adoptive_decom,
        min(case when ls = 'E1' then decom end) as first_placement_order_decom,
        max(case when ls = 'E1' and dec is null then 1 else 0 end) = 1 as is_under_placement_order,
        max(case when rec = 'E2' then 1 else 0 end) = 1 as is_dead,
        max(
            case
                when decom <= year_end and (dec is null or dec >= year_start) then 1
                else 0
            end
        ) = 1
        and max(
            case
                when rne = 'S' and decom > year_start and decom <= year_end then 1
                when coalesce(rec, '') <> 'X1' and dec >= year_start and dec < year_end then 1
                when is_short_break and decom <= year_end and (dec is null or dec >= year_start) then 1
                else 0
            end
        ) = 0 as is_continuously_looked_after

    from {{ ref('dq_episodes') }}
    group by authority_code, collection_year, child_key

),

first_returns as (

    select
        authority_code,
        child_key,
        min(collection_year) as first_episode_year,
        min(case when is_dead then collection_year end) as first_dead_year

    from episodes
    group by authority_code, child_key

),

placed as (

    select
        authority_code,
        collection_year,
        child_key,
        max(decided_on) as last_date_placed,
        max(case when ended_on is null and end_reason_code is null then decided_on end) as last_standing_date_placed,
        max(case when ended_on is not null or end_reason_code is not null then decided_on end)
            as last_reversed_date_placed,
        max(case when ended_on is null or end_reason_code is null then 1 else 0 end) = 1 as has_placed_not_ceased,
        max(case when ended_on is not null then 1 else 0 end) = 1 as has_placed_ceased

    from {{ ref('stg_social_care__placed_for_adoption') }}
    where collection_year is not null
    group by authority_code, collection_year, child_key

),

oc2 as (

    select
        authority_code,
        collection_year,
        child_key,
        coalesce(
            convicted_code, health_check_code, immunisations_code, teeth_check_code, health_assessment_code,
            substance_misuse_code, intervention_received_code, intervention_offered_code
        ) is not null as is_completed

    from {{ ref('stg_social_care__oc2') }}

),

oc3 as (

    select
        authority_code,
        collection_year,
        child_key,
        in_touch_code,
        coalesce(in_touch_code, activity_code, accommodation_code) is not null as is_completed

    from {{ ref('stg_social_care__oc3') }}

),

adoptions as (

    select
        authority_code,
        collection_year,
        child_key,
        decided_on,
        matched_on,
        coalesce(
            cast(decided_on as {{ dbt.type_string() }}), cast(matched_on as {{ dbt.type_string() }}),
            foster_carers_adopted_code, adopter_number_code, adopter_sex_code, adopter_legal_status_code
        ) is not null as is_begun,
        decided_on is not null and matched_on is not null and foster_carers_adopted_code is not null
        and adopter_number_code is not null and adopter_sex_code is not null
        and adopter_legal_status_code is not null as is_completed

    from {{ ref('stg_social_care__ad1') }}

),

permanence as (

    select * from {{ ref('stg_social_care__previous_permanence') }}

),

final as (

    select
        -- identifiers
        named.authority_code,
        named.collection_year,
        named.child_key,

        -- the return
        returns.year_start,
        returns.year_end,

        -- header
        headers.child_key is not null as has_header,
        headers.sex_code as sex,
        headers.birth_month,
        headers.ethnicity_code as ethnic,
        headers.pupil_key,
        headers.mother_code as mother,
        headers.birth_month_of_own_child as mc_birth_month,
        headers_last.child_key is not null as had_header,
        headers_last.sex_code as last_year_sex,
        headers_last.birth_month as last_year_birth_month,
        headers_last.ethnicity_code as last_year_ethnic,
        headers_last.pupil_key as last_year_pupil_key,
        headers_last.mother_code as last_year_mother,
        headers_last.birth_month_of_own_child as last_year_mc_birth_month,

        -- episodes
        coalesce(episodes.episode_count, 0) as episode_count,
        coalesce(episodes.care_episode_count, 0) as care_episode_count,
        episodes.first_decom,
        episodes.last_decom,
        episodes.last_dec,
        episodes.last_rec,
        episodes.newest_dec,
        episodes.first_care_decom,
        episodes.first_started_decom,
        episodes.last_started_decom,
        episodes.adopted_decom,
        episodes.adopted_place,
        episodes.first_adoptive_decom,
        episodes.first_placement_order_decom,
        coalesce(episodes.is_in_care_at_year_end, false) as is_in_care_at_year_end,
        coalesce(episodes.is_adopted_in_year, false) as is_adopted_in_year,
        coalesce(episodes.is_under_placement_order, false) as is_under_placement_order,
        coalesce(episodes.is_continuously_looked_after, false) as is_continuously_looked_after,
        coalesce(first_returns.first_episode_year < named.collection_year, false) as has_earlier_episodes,
        coalesce(first_returns.first_dead_year <= named.collection_year, false) as is_dead,
        coalesce(episodes_last.last_decom is not null and episodes_last.last_dec is null, false) as is_open_last_year,

        -- unaccompanied
        unaccompanied.child_key is not null as is_unaccompanied,
        unaccompanied_last.child_key is not null as was_unaccompanied,
        unaccompanied.unaccompanied_until as duc,
        unaccompanied_last.unaccompanied_until as last_year_duc,

        -- children looked after for a year, and care leavers
        oc2.child_key is not null as has_oc2,
        coalesce(oc2.is_completed, false) as is_oc2_completed,
        coalesce(oc3.is_completed, false) as is_oc3_completed,
        oc3_last.in_touch_code as last_year_in_touch,

        -- adoption
        coalesce(adoptions.is_begun, false) as is_ad1_begun,
        coalesce(adoptions.is_completed, false) as is_ad1_completed,
        adoptions.decided_on as date_int,
        adoptions.matched_on as date_match,
        placed.child_key is not null as has_placed,
        placed.last_date_placed,
        coalesce(placed.has_placed_not_ceased, false) as has_placed_not_ceased,
        coalesce(placed.has_placed_ceased, false) as has_placed_ceased,
        placed_last.child_key is not null as had_placed,
        placed_last.last_standing_date_placed as last_year_standing_date_placed,
        placed_last.last_reversed_date_placed as last_year_reversed_date_placed,

        -- permanence before
        permanence.child_key is not null as has_previous_permanence,
        permanence.previous_permanence_code as prev_perm,
        permanence.previous_authority_code as la_perm,
        permanence.previous_order_on as date_perm

    from named
    inner join returns
        on named.authority_code = returns.authority_code
            and named.collection_year = returns.collection_year

    -- left: hardly a child is named in every file
    {%- for alias, relation, years_before in joined %}
        left join {{ relation }} as {{ alias }}
            on named.authority_code = {{ alias }}.authority_code
                and named.collection_year = {{ alias }}.collection_year{{ ' + 1' if years_before }}
                and named.child_key = {{ alias }}.child_key
    {%- endfor %}
    left join first_returns
        on named.authority_code = first_returns.authority_code
            and named.child_key = first_returns.child_key

)

select * from final
