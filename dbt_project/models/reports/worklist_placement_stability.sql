{#- Placements as the national count has them (fct_looked_after_child): different carers lived with for a night or
    more, from 1 April, and in the twelve months that end with the night. A child is on the list if either count is
    two.
      - With A until 10 September 2016, with B since: two in the twelve months to 8 September 2017, one from the 9th
        on, since A then has no night of them left.
      - Three in the twelve months and two since 1 April: one more makes three in the financial year, and on the next
        1 April the count begins anew.
    Two since 1 April are more urgent than two in twelve months that 1 April divides, as the measure is taken on 31
    March. -#}
{{ config(schema='marts', access='public') }}

with

looked_after as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key,
        looked_after.placement_started_on,
        looked_after.placements_in_year_count,
        looked_after.placements_in_twelve_months_count,
        reporting_dates.financial_year_starts_on,
        reporting_dates.twelve_months_from

    from {{ ref('fct_looked_after_child') }} as looked_after
    inner join {{ ref('dim_reporting_date') }} as reporting_dates
        on looked_after.as_at = reporting_dates.as_at
    where reporting_dates.is_night

),

placements as (

    select * from {{ ref('fct_placement') }}
    where
        not is_short_break
        and (ended_on is null or started_on < ended_on)
        and not (is_temporary and underlying_placement_type_code = placement_type_code)

),

lists as (

    select distinct
        authority_code,
        collection_year

    from {{ ref('dim_extract') }}
    where dataset = 'ssda903_episodes'

),

case_holders as (

    select * from {{ ref('fct_case_holder') }}

),

-- Each carer of the twelve months, and the day the child left for good; none while it lives there.
carers as (

    select
        looked_after.authority_code,
        looked_after.child_key,
        placements.same_carer_since,
        case when count(*) = count(placements.ended_on) then max(placements.ended_on) end as left_on

    from looked_after
    inner join placements
        on looked_after.authority_code = placements.authority_code
            and looked_after.child_key = placements.child_key
            and {{ is_within(
            'looked_after.twelve_months_from', 'looked_after.as_at', 'placements.started_on', 'placements.ended_on'
        ) }}
    group by looked_after.authority_code, looked_after.child_key, placements.same_carer_since

),

left_first as (

    select
        authority_code,
        child_key,
        min(left_on) as left_on,
        max(same_carer_since) as moved_on

    from carers
    group by authority_code, child_key

),

told as (

    select
        looked_after.authority_code,
        looked_after.child_key

    from looked_after
    inner join lists
        on looked_after.authority_code = lists.authority_code
    where
        lists.collection_year is null
        or lists.collection_year
        between {{ collection_year_of('looked_after.twelve_months_from') }}
        and {{ collection_year_of('looked_after.as_at') }}
    group by
        looked_after.authority_code,
        looked_after.child_key,
        looked_after.twelve_months_from,
        looked_after.as_at
    having
        max(case when lists.collection_year is null then 1 else 0 end) = 1
        or count(*)
        = {{ collection_year_of('looked_after.as_at') }}
        - {{ collection_year_of('looked_after.twelve_months_from') }} + 1

),

judged as (

    select
        looked_after.*,
        left_first.left_on,
        left_first.moved_on,
        case
            when looked_after.placement_started_on is null then 'No placement of the night is known.'
            when told.child_key is null then 'Not every list of episodes of the twelve months is in force.'
        end as why_not_known

    from looked_after

    -- left: what is not known stays on the list
    left join left_first
        on looked_after.authority_code = left_first.authority_code
            and looked_after.child_key = left_first.child_key
    left join told
        on looked_after.authority_code = told.authority_code
            and looked_after.child_key = told.child_key

),

final as (

    select
        -- identifiers
        judged.authority_code,
        judged.as_at,
        judged.child_key,

        -- who holds the case
        {{ or_unknown('case_holders.team_name') }} as team_name,
        cast(coalesce(case_holders.worker_key, -1) as bigint) as worker_key,

        -- how near
        'third_placement' as item,
        case
            when judged.why_not_known is not null then 'not_known'
            when judged.placements_in_year_count = 2 then 'one_move_away_in_year'
            else 'one_move_away'
        end as status,
        judged.placements_in_year_count,
        judged.placements_in_twelve_months_count,

        -- why
        case when judged.why_not_known is null then judged.moved_on end as since_on,
        case
            when judged.why_not_known is not null then null
            when judged.placements_in_twelve_months_count = 2
                then {{ add_days(add_months('judged.left_on', 12), -1) }}
            else {{ add_months('judged.financial_year_starts_on', 12) }}
        end as drops_out_on,
        'Three or more placements in the year are unstable: different carers for a night or more; temporary stays and '
        || 'returns to the same carer are no moves.' as rule,
        judged.why_not_known,
        judged.placement_started_on

    from judged

    -- left: nobody may hold the case
    left join case_holders
        on judged.authority_code = case_holders.authority_code
            and judged.child_key = case_holders.child_key
            and judged.as_at = case_holders.as_at
    where
        judged.why_not_known is not null
        or judged.placements_in_year_count = 2
        or judged.placements_in_twelve_months_count = 2

)

select * from final
