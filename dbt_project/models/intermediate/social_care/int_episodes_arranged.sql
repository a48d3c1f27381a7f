{#- Which episodes are one placement and which one period of care.

    A period of care is a run of consecutive episodes: the next starts the day the one before ends. A series of short
    breaks (V3, V4) is kept apart from being looked after otherwise, even where one follows the other on the same day:
      - V4 from 2015 to 10 May, C2 from 10 May: two periods of care, and the second began on 10 May;
      - V2 to 10 May, C2 from 10 May: one period of care;
      - V2 to 10 May, C2 from 11 May: two, since the child was out of care for a day.
    An unknown legal status is no short break: the child would drop out of every count.

    Consecutive episodes of one period of care are one placement if only the legal status changed:
      - U4, then U4 with reason L: one placement, whatever the row says of the place (it is marked where it contradicts);
      - U4, then U4 of the same provider, URN and postcode, no reason: one placement;
      - U4, then U4 with reason P or B, both postcodes blank: two, since the reason alone says that the child moved;
      - U6, then U4 with reason T (same carer, another status): two placements, of which fct_placement says that the
        second is no move. -#}
with

episodes as (

    select * from {{ ref('int_episodes_in_force') }}

),

legal_statuses as (

    select * from {{ ref('dim_legal_status') }}

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
        coalesce(legal_statuses.is_short_break, false) as is_short_break,
        lead(episodes.started_on) over child_episodes as next_started_on,
        episodes.ended_on is null and episodes.collection_year < newest_year.collection_year as is_left_open

    from episodes
    inner join newest_year on episodes.authority_code = newest_year.authority_code

    -- left: a blank code, or one outside the list, must not lose the episode
    left join legal_statuses on episodes.legal_status_code = legal_statuses.legal_status_code
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
        is_short_break,
        category_of_need_code,
        {{ or_unknown('placement_type_code') }} as placement_type_code,
        {{ or_unknown('provider_code') }} as provider_code,
        end_reason_code,
        placement_change_reason_code,
        provider_urn,
        placement_postcode_key,
        placement_authority_code,
        is_placement_in_authority,
        distance_miles,
        distance_missing_reason_code,
        marks,
        source_file,
        source_row

    from neighbours

),

followed as (

    select
        bounded.*,
        lag(ended_on) over child_episodes as previous_ended_on,
        lag(is_short_break) over child_episodes as previous_is_short_break,
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
        coalesce(previous_ended_on = started_on and previous_is_short_break = is_short_break, false) as goes_on_in_care,
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
        case when goes_on_in_care then 0 else 1 end as starts_period_of_care,
        case
            when not goes_on_in_care then 1
            when is_legal_status_change then 0
            when is_same_placement and not is_move_without_address then 0
            else 1
        end as starts_placement,
        goes_on_in_care and is_legal_status_change and not is_same_placement as is_contradictory

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
        is_short_break,
        category_of_need_code,
        placement_type_code,
        provider_code,
        end_reason_code,
        placement_change_reason_code,
        provider_urn,
        placement_postcode_key,
        placement_authority_code,
        is_placement_in_authority,
        distance_miles,
        distance_missing_reason_code,
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
