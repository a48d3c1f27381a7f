with

episodes as (

    select * from {{ ref('int_episodes_arranged') }}

),

end_reasons as (

    select * from {{ ref('dim_care_end_reason') }}

),

ordered as (

    select
        episodes.*,
        row_number() over (
            partition by authority_code, child_key, period_of_care_started_on
            order by started_on desc
        ) as place_from_end

    from episodes

),

periods as (

    select
        authority_code,
        child_key,
        period_of_care_started_on as started_on,
        max(case when place_from_end = 1 then ended_on end) as ended_on,
        max(case when place_from_end = 1 and ended_on is not null then end_reason_code end) as end_reason_code,
        min(case when is_short_break then 1 else 0 end) = 1 as is_short_break,
        cast(count(*) as integer) as episode_count

    from ordered
    group by authority_code, child_key, period_of_care_started_on

),

final as (

    select
        periods.authority_code,
        periods.child_key,
        periods.started_on,
        periods.ended_on,
        periods.end_reason_code,
        case
            when periods.ended_on is not null then coalesce(end_reasons.end_reason_group, 'Unknown')
        end as end_reason_group,
        periods.ended_on is null as is_open,
        periods.is_short_break,
        periods.episode_count

    from periods

    -- left: open periods have no reason, others may not be told or be outside the list
    left join end_reasons on periods.end_reason_code = end_reasons.end_reason_code

)

select * from final
