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

final as (

    select
        placements.*,
        marks.marks

    from placements

    -- left: nothing is odd about most placements
    left join marks
        on placements.authority_code = marks.authority_code
            and placements.child_key = marks.child_key
            and placements.started_on = marks.placement_started_on

)

select * from final
