with

episodes as (

    select * from {{ ref('int_episodes_arranged') }}

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
        authority_code,
        child_key,
        started_on,
        ended_on,
        end_reason_code,
        ended_on is null as is_open,
        is_short_break,
        episode_count

    from periods

)

select * from final
