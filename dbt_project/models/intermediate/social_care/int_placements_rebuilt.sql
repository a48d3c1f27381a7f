{#- Where the placement lies, as landing derived it from the postcodes of its first episode. Short breaks (V3 or V4) and
    children who ever were unaccompanied have neither distance nor authority, as in the published figures: the ones
    go home again, the others have no home here. Whatever has no distance says why.

    A foster home 3.1 miles from home in the council's own area: 3.1, no reason, in the authority. The same for a child who
    came unaccompanied: nothing, "unaccompanied", whatever the postcodes; on short breaks: "short_break". Home postcode
    blank, placement in Brent: no distance, "home_blank", and still in Brent, outside the authority. A file landed before
    distances were derived: "not_derived". -#}
with

episodes as (

    select * from {{ ref('int_episodes_arranged') }}

),

ordered as (

    select
        episodes.*,
        row_number() over (
            partition by authority_code, child_key, placement_started_on
            order by started_on
        ) as place_from_start,
        row_number() over (
            partition by authority_code, child_key, placement_started_on
            order by started_on desc
        ) as place_from_end

    from episodes

),

-- Distinct first, so that a mark borne by every episode of a long placement is written once.
distinct_marks as (

    select distinct
        authority_code,
        child_key,
        placement_started_on,
        marks

    from episodes
    where marks is not null

),

marks as (

    select
        authority_code,
        child_key,
        placement_started_on,
        {{ dbt.listagg("marks", "' '", "order by marks") }} as marks

    from distinct_marks
    group by authority_code, child_key, placement_started_on

),

placements as (

    select
        authority_code,
        child_key,
        placement_started_on as started_on,
        max(case when place_from_end = 1 then ended_on end) as ended_on,
        min(period_of_care_started_on) as period_of_care_started_on,
        max(case when place_from_start = 1 then new_episode_reason_code end) as new_episode_reason_code,
        max(case when place_from_start = 1 then placement_type_code end) as placement_type_code,
        max(case when place_from_start = 1 then provider_code end) as provider_code,
        max(case when place_from_start = 1 then provider_urn end) as provider_urn,
        max(case when place_from_start = 1 then placement_postcode_key end) as placement_postcode_key,
        max(case when place_from_start = 1 then placement_authority_code end) as placement_authority_code,
        max(case when place_from_start = 1 then is_placement_in_authority end) as is_placement_in_authority,
        max(case when place_from_start = 1 then distance_miles end) as distance_miles,
        max(case when place_from_start = 1 then distance_missing_reason_code end) as distance_missing_reason_code,
        max(case when place_from_start = 1 then category_of_need_code end) as category_of_need_code,
        max(case when place_from_start = 1 then legal_status_code end) as legal_status_at_start_code,
        max(case when place_from_end = 1 then legal_status_code end) as legal_status_at_end_code,
        min(case when is_short_break then 1 else 0 end) = 1 as is_short_break,
        -- a reason without an end belongs to nothing yet; landing has marked it
        max(case when place_from_end = 1 and ended_on is not null then end_reason_code end) as end_reason_code,
        max(
            case when place_from_end = 1 and ended_on is not null then placement_change_reason_code end
        ) as placement_change_reason_code,
        count(*) as episode_count,
        max(case when place_from_start = 1 then source_file end) as source_file,
        max(case when place_from_start = 1 then source_row end) as source_row

    from ordered
    group by authority_code, child_key, placement_started_on

),

unaccompanied as (

    select distinct
        authority_code,
        child_key

    from {{ of_children(ref('int_uasc_in_force'), 'social_care') }}

),

placed as (

    select
        placements.*,
        case
            when placements.is_short_break then 'short_break'
            when unaccompanied.child_key is not null then 'unaccompanied'
        end as lies_nowhere_because

    from placements

    -- left: most children have their home here
    left join unaccompanied
        on placements.authority_code = unaccompanied.authority_code
            and placements.child_key = unaccompanied.child_key

),

final as (

    select
        placed.authority_code,
        placed.child_key,
        placed.started_on,
        placed.ended_on,
        placed.period_of_care_started_on,
        placed.new_episode_reason_code,
        placed.placement_type_code,
        placed.provider_code,
        placed.provider_urn,
        placed.placement_postcode_key,
        placed.category_of_need_code,
        placed.legal_status_at_start_code,
        placed.legal_status_at_end_code,
        placed.is_short_break,
        placed.end_reason_code,
        placed.placement_change_reason_code,
        placed.episode_count,
        placed.source_file,
        placed.source_row,
        marks.marks,
        case when placed.lies_nowhere_because is null then placed.distance_miles end as distance_miles,
        case
            when placed.lies_nowhere_because is not null then placed.lies_nowhere_because
            when placed.distance_miles is null then coalesce(placed.distance_missing_reason_code, 'not_derived')
        end as distance_missing_reason_code,
        case
            when placed.lies_nowhere_because is null then {{ or_unknown('placed.placement_authority_code') }}
            else 'unknown'
        end as placement_authority_code,
        case when placed.lies_nowhere_because is null then placed.is_placement_in_authority end as is_in_authority

    from placed

    -- left: nothing is odd about most placements
    left join marks
        on placed.authority_code = marks.authority_code
            and placed.child_key = marks.child_key
            and placed.started_on = marks.placement_started_on

)

select * from final
