{#- What is a placement of its own, and what only goes on with the one before. A period of care is looked at alone.

    Temporary stays (T codes). The child still lives where it lived before: that is the underlying placement. The return
    to it is the same type, provider, URN and postcode after one or more temporary stays.
      - U4, hospital (T1), holiday (T3), U4 at the same address: one placement; during the stays the underlying type is U4;
      - U4, hospital, U4 elsewhere: two placements;
      - a temporary stay with nothing before it in the period of care: no placement, and what follows is the first.

    Same carer. The type changes and the people do not; temporary stays in between do not matter:
      - U6, then U4 with reason T or U (change of placement, same carer), wherever they live now: no move;
      - H5, then K3, the first having ended by PLACE (status of placement only): no move, whatever the reason of the next;
      - U5, then A5 (or A3: adoption by the foster carer of before): no move, by the code alone;
      - K2, then A5 with reason P: the child was not with a foster carer before, so this is a move.
    The national count asks how often a child had to change its carers, and says of adoption by the same foster carer
    that it is none; the stability release says it of the same carer in general. That is the reading taken here.

    A day. The return counts placements of 24 hours or more; dates tell no hours, so a placement counts from one night:
      - from 3 May to 3 May: no placement; from 3 to 4 May: one; open since 3 May: one, on the same evening too.

    Since when the child has been with the same carer (same_carer_since), and for the two years of long-term stability
    (stable_since), which takes an adoptive placement and the one before it together:
      - U6 from 2014, U4 with the same carer from 2015, hospital in 2016 and back: since 2014;
      - U4 from 2014, A6 from 2016: with the same carer since 2016, stable since 2014;
      - U4 from 2014, A5 from 2016: both since 2014, and not since the placement before the foster carer's;
      - K2 from 2013, U4 from 2014, A6 from 2016, A4 with the same carer from 2017: since 2016, stable since 2014. -#}
with

placements as (

    select * from {{ ref('int_placements_rebuilt') }}

),

care_periods as (

    select * from {{ ref('fct_care_period') }}

),

placement_types as (

    select * from {{ ref('dim_placement_type') }}

),

described as (

    select
        placements.*,
        care_periods.ended_on as period_of_care_ended_on,
        coalesce(placement_types.is_temporary, false) as is_temporary,
        coalesce(placement_types.is_adoptive_placement, false) as is_adoptive,
        coalesce(placement_types.is_adoption_by_foster_carer, false) as is_adoption_by_foster_carer,
        coalesce(placement_types.is_foster_placement or placement_types.is_adoptive_placement, false) as is_family

    from placements
    inner join care_periods
        on placements.authority_code = care_periods.authority_code
            and placements.child_key = care_periods.child_key
            and placements.period_of_care_started_on = care_periods.started_on

    -- left: a code outside the list must not lose the placement
    left join placement_types on placements.placement_type_code = placement_types.placement_type_code

),

-- Where the child lived before a temporary stay, or before several in a row.
neighbours as (

    select
        described.*,
        coalesce(lag(is_temporary) over in_period, false) as is_after_temporary,
        lag(placement_change_reason_code) over in_period as change_reason_before,
        max(case when not is_temporary then started_on end) over (
            partition by authority_code, child_key, period_of_care_started_on
            order by started_on
            rows between unbounded preceding and 1 preceding
        ) as lived_before_started_on

    from described
    window in_period as (
        partition by authority_code, child_key, period_of_care_started_on
        order by started_on
    )

),

returned as (

    select
        neighbours.*,
        lived_before.placement_type_code as lived_before_placement_type_code,
        coalesce(
            not neighbours.is_temporary
            and neighbours.is_after_temporary
            and lived_before.placement_type_code = neighbours.placement_type_code
            and lived_before.provider_code = neighbours.provider_code
            and lived_before.provider_urn is not distinct from neighbours.provider_urn
            and lived_before.placement_postcode_key is not distinct from neighbours.placement_postcode_key,
            false
        ) as is_return_from_temporary,
        coalesce(
            not neighbours.is_temporary
            and lived_before.started_on is not null
            and (
                coalesce(neighbours.new_episode_reason_code in ('T', 'U'), false)
                or coalesce(neighbours.change_reason_before = 'PLACE', false)
                or (neighbours.is_adoption_by_foster_carer and lived_before.is_family)
            ),
            false
        ) as is_same_carer_as_before

    from neighbours

    -- left: the first placement of a period of care has nothing before it
    left join neighbours as lived_before
        on neighbours.authority_code = lived_before.authority_code
            and neighbours.child_key = lived_before.child_key
            and neighbours.lived_before_started_on = lived_before.started_on

),

with_carers as (

    select
        returned.*,
        not is_temporary and not is_return_from_temporary and not is_same_carer_as_before as is_other_carer,
        -- a temporary stay with nothing before it stands for itself
        max(
            case
                when lived_before_started_on is null then started_on
                when not is_temporary and not is_return_from_temporary and not is_same_carer_as_before then started_on
            end
        ) over (
            partition by authority_code, child_key, period_of_care_started_on
            order by started_on
            rows between unbounded preceding and current row
        ) as same_carer_since

    from returned

),

-- Each carer with the one before; that a temporary stay began the period of care makes nobody a carer.
carers as (

    select
        authority_code,
        child_key,
        started_on,
        is_adoptive,
        lag(started_on) over (
            partition by authority_code, child_key, period_of_care_started_on
            order by started_on
        ) as carer_before_since

    from with_carers
    where is_other_carer

),

final as (

    select
        -- identifiers
        with_carers.authority_code,
        with_carers.child_key,

        -- dates
        with_carers.started_on,
        with_carers.ended_on,
        with_carers.period_of_care_started_on,
        with_carers.period_of_care_ended_on,
        with_carers.same_carer_since,
        case
            when carers.is_adoptive then coalesce(carers.carer_before_since, with_carers.same_carer_since)
            else with_carers.same_carer_since
        end as stable_since,

        -- codes
        with_carers.placement_type_code,
        case
            when with_carers.is_temporary
                then coalesce(with_carers.lived_before_placement_type_code, with_carers.placement_type_code)
            else with_carers.placement_type_code
        end as underlying_placement_type_code,
        with_carers.provider_code,
        with_carers.provider_urn,
        with_carers.legal_status_at_start_code,
        with_carers.legal_status_at_end_code,
        with_carers.category_of_need_code,
        with_carers.new_episode_reason_code,
        with_carers.end_reason_code,
        with_carers.placement_change_reason_code,

        -- measures
        cast(with_carers.episode_count as integer) as episode_count,
        {{ days_between('with_carers.started_on', 'with_carers.ended_on') }} as nights,

        -- flags
        with_carers.ended_on is null as is_open,
        with_carers.is_temporary,
        with_carers.is_return_from_temporary,
        with_carers.is_same_carer_as_before,
        with_carers.is_other_carer
        and not with_carers.is_short_break
        and (with_carers.ended_on is null or with_carers.started_on < with_carers.ended_on) as counts_as_placement,
        with_carers.is_other_carer
        and not with_carers.is_short_break
        and with_carers.lived_before_started_on is not null
        and (with_carers.ended_on is null or with_carers.started_on < with_carers.ended_on) as counts_as_move,
        with_carers.is_short_break,

        -- lineage
        with_carers.marks,
        with_carers.source_file,
        with_carers.source_row,

        -- where it lies: int_placements_rebuilt has the rule; 20.0 miles are not over 20, 20.1 are
        with_carers.distance_miles,
        with_carers.distance_missing_reason_code,
        with_carers.placement_authority_code,
        with_carers.is_in_authority,
        with_carers.distance_miles > 20 as is_over_20_miles

    from with_carers

    -- left: a temporary stay at the start of a period of care is with no carer
    left join carers
        on with_carers.authority_code = carers.authority_code
            and with_carers.child_key = carers.child_key
            and with_carers.same_carer_since = carers.started_on

)

select * from final
