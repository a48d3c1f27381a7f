with

episodes as (

    select * from {{ ref('int_episodes_in_force') }}

),

newest_year as (

    select
        authority_code,
        max(collection_year) as collection_year

    from episodes
    group by authority_code

),

neighbours as (

    select
        episodes.*,
        lead(episodes.started_on) over child_episodes as next_started_on,
        episodes.ended_on is null and episodes.collection_year < newest_year.collection_year as is_left_open

    from episodes
    inner join newest_year on episodes.authority_code = newest_year.authority_code
    window child_episodes as (
        partition by episodes.authority_code, episodes.child_key
        order by episodes.started_on
    )

),

-- Where two episodes overlap the one that starts later is believed: a child has one placement on a day. The
-- earlier one is cut there and says so; no row is lost.
bounded as (

    select
        authority_code,
        child_key,
        started_on,
        case
            when next_started_on < coalesce(ended_on, cast('9999-12-31' as date)) then next_started_on
            else ended_on
        end as ended_on,
        ended_on > next_started_on as is_overlapping,
        ended_on is null and next_started_on is not null as is_open_before_next,
        ended_on is null and next_started_on is null and is_left_open as is_missing_later,
        new_episode_reason_code,
        {{ or_unknown('legal_status_code') }} as legal_status_code,
        category_of_need_code,
        {{ or_unknown('placement_type_code') }} as placement_type_code,
        {{ or_unknown('provider_code') }} as provider_code,
        end_reason_code,
        placement_change_reason_code,
        provider_urn,
        placement_postcode_key,
        marks,
        source_file,
        source_row

    from neighbours

),

followed as (

    select
        bounded.*,
        lag(ended_on) over child_episodes as previous_ended_on,
        lag(placement_type_code) over child_episodes as previous_placement_type_code,
        lag(provider_code) over child_episodes as previous_provider_code,
        lag(provider_urn) over child_episodes as previous_provider_urn,
        lag(placement_postcode_key) over child_episodes as previous_placement_postcode_key

    from bounded
    window child_episodes as (
        partition by authority_code, child_key
        order by started_on
    )

),

compared as (

    select
        followed.*,
        coalesce(previous_ended_on = started_on, false) as is_consecutive,
        coalesce(new_episode_reason_code = 'L', false) as is_legal_status_change,
        (
            previous_placement_type_code = placement_type_code
            and previous_provider_code = provider_code
            and previous_provider_urn is not distinct from provider_urn
            and previous_placement_postcode_key is not distinct from placement_postcode_key
        ) as is_same_placement,
        -- two blank postcodes say nothing about whether the child moved; the reason does
        (
            placement_postcode_key is null
            and coalesce(new_episode_reason_code in ('P', 'B'), false)
        ) as is_move_without_address

    from followed

),

judged as (

    select
        compared.*,
        case when is_consecutive then 0 else 1 end as starts_period_of_care,
        case
            when not is_consecutive then 1
            when is_legal_status_change then 0
            when is_same_placement and not is_move_without_address then 0
            else 1
        end as starts_placement,
        is_consecutive and is_legal_status_change and not is_same_placement as is_contradictory

    from compared

),

starts as (

    select
        judged.*,
        max(case when starts_period_of_care = 1 then started_on end) over so_far as period_of_care_started_on,
        max(case when starts_placement = 1 then started_on end) over so_far as placement_started_on

    from judged
    window so_far as (
        partition by authority_code, child_key
        order by started_on
        rows between unbounded preceding and current row
    )

),

final as (

    select
        authority_code,
        child_key,
        started_on,
        ended_on,
        period_of_care_started_on,
        placement_started_on,
        new_episode_reason_code,
        legal_status_code,
        category_of_need_code,
        placement_type_code,
        provider_code,
        end_reason_code,
        placement_change_reason_code,
        provider_urn,
        placement_postcode_key,
        nullif(
            concat_ws(
                ' ',
                marks,
                case when is_overlapping then 'EPISODE-OVERLAP' end,
                case when is_open_before_next then 'EPISODE-OPEN-BEFORE-NEXT' end,
                case when is_missing_later then 'EPISODE-OPEN-MISSING-LATER' end,
                case when is_contradictory then 'EPISODE-REASON-CONTRADICTS' end
            ),
            ''
        ) as marks,
        source_file,
        source_row

    from starts

)

select * from final
