{#- Consecutive episodes of one legal status within a period of care are one spell:
      - C1 in two placements, then C2: two spells, and C2 begins the day C1 ends;
      - C1, C2, then C1 again: three;
      - V2 until 10 May and, out of care for a day, V2 from 11 May: two, in two periods of care. -#}
with

episodes as (

    select * from {{ ref('int_episodes_arranged') }}

),

compared as (

    select
        episodes.*,
        lag(legal_status_code) over (
            partition by authority_code, child_key, period_of_care_started_on
            order by started_on
        ) as previous_legal_status_code

    from episodes

),

starts as (

    select
        compared.*,
        max(
            case
                when previous_legal_status_code is null then started_on
                when previous_legal_status_code <> legal_status_code then started_on
            end
        ) over (
            partition by authority_code, child_key, period_of_care_started_on
            order by started_on
            rows between unbounded preceding and current row
        ) as spell_started_on

    from compared

),

ordered as (

    select
        starts.*,
        row_number() over (
            partition by authority_code, child_key, spell_started_on
            order by started_on desc
        ) as place_from_end

    from starts

),

spells as (

    select
        authority_code,
        child_key,
        spell_started_on as started_on,
        min(period_of_care_started_on) as period_of_care_started_on,
        min(legal_status_code) as legal_status_code,
        max(case when place_from_end = 1 then ended_on end) as ended_on,
        min(case when is_short_break then 1 else 0 end) = 1 as is_short_break,
        cast(count(*) as integer) as episode_count

    from ordered
    group by authority_code, child_key, spell_started_on

),

final as (

    select
        -- identifiers
        authority_code,
        child_key,

        -- dates
        started_on,
        ended_on,
        period_of_care_started_on,

        -- codes
        legal_status_code,

        -- measures
        episode_count,
        {{ days_between('started_on', 'ended_on') }} as nights,

        -- flags
        ended_on is null as is_open,
        is_short_break

    from spells

)

select * from final
