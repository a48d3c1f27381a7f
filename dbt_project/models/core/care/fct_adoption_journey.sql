{#- One plan for adoption from the decision to its end. A plan belongs to the period of care that contains its decision,
    else to the first that begins after it; it runs from its decision to the day it is taken back, the next decision, or
    the end of the period. Of what episodes tell, that which lies in these days is its own: an order that was in force
    when the decision was made counts from the day it was made.

    Placed: the child may be placed more than once; the last family counts, with whom it is or was adopted. Moved in:
    who is adopted by its foster carers, or was fostered for adoption, had moved in before: A10 stops the clock there.
        foster care 1 March, A6 elsewhere 1 June                          -> placed and moved in 1 June
        foster care (U4) 1 March, A5 same carers 1 June                   -> placed 1 June, moved in 1 March
        A6 1 June, foster care 1 August, A6 with others 1 October         -> placed 1 October
    Order to match (A2) is 0 where the match came before the court's authority to place.
        ordered 1 May, matched 1 July -> 61    matched 1 April -> 0    no order -> null -#}
{%- set never = "cast('9999-12-31' as date)" -%}
{%- set always = "cast('1900-01-01' as date)" -%}

with

care_periods as (

    select
        *,
        coalesce(end_reason_group = 'Adopted', false) as is_adoption

    from {{ ref('fct_care_period') }}

),

placements as (

    select
        placements.authority_code,
        placements.child_key,
        placements.started_on,
        placements.period_of_care_started_on,
        placements.same_carer_since,
        placements.placement_type_code,
        coalesce(types.is_adoptive_placement, false) as is_adoptive,
        coalesce(underlying_types.is_adoptive_placement, false) as is_adoptive_meanwhile

    from {{ ref('fct_placement') }} as placements

    -- left: a code outside the list
    left join {{ ref('dim_placement_type') }} as types
        on placements.placement_type_code = types.placement_type_code
    left join {{ ref('dim_placement_type') }} as underlying_types
        on placements.underlying_placement_type_code = underlying_types.placement_type_code

),

plans as (

    select
        *,
        coalesce(decided_on, placement_order_on, matched_on, placed_on, adoption_order_on, ended_on) as first_known_on

    from {{ ref('int_adoption_journeys') }}

),

plans_in_care as (

    select
        plans.*,
        care_periods.started_on as period_of_care_started_on

    from plans

    -- left: a plan for a child whose care is not known
    left join care_periods
        on plans.authority_code = care_periods.authority_code
            and plans.child_key = care_periods.child_key
            and coalesce(plans.first_known_on, {{ always }}) < coalesce(care_periods.ended_on, {{ never }})
    qualify
        row_number() over (
            partition by plans.authority_code, plans.child_key, plans.source_dataset, plans.decided_on
            order by
                -- an adoption of which no day is known ended a period so
                case when plans.first_known_on is null and care_periods.is_adoption then 0 else 1 end,
                care_periods.started_on
        ) = 1

),

-- Adopted, or placed for it, and no list tells of the plan.
seen_in_care as (

    select distinct
        care_periods.authority_code,
        care_periods.child_key,
        care_periods.started_on as period_of_care_started_on

    from care_periods

    -- left: either sign is enough, and there must be no plan
    left join placements
        on care_periods.authority_code = placements.authority_code
            and care_periods.child_key = placements.child_key
            and care_periods.started_on = placements.period_of_care_started_on
            and placements.is_adoptive
    left join plans_in_care
        on care_periods.authority_code = plans_in_care.authority_code
            and care_periods.child_key = plans_in_care.child_key
            and care_periods.started_on = plans_in_care.period_of_care_started_on
    where
        plans_in_care.child_key is null
        and (care_periods.is_adoption or placements.child_key is not null)

),

all_plans as (

    select
        authority_code,
        child_key,
        period_of_care_started_on,
        decided_on,
        ended_on,
        end_reason_code,
        matched_on,
        is_in_ad1,
        foster_carers_adopted_code,
        adopter_number_code,
        adopter_sex_code,
        adopter_legal_status_code,
        is_in_annex_a,
        adoptive_family_key,
        entered_care_on,
        placement_order_on,
        placed_on,
        adoption_order_on,
        fostering_for_adoption_on,
        source_dataset,
        marks,
        source_file,
        source_row

    from plans_in_care
    union all
    select
        authority_code,
        child_key,
        period_of_care_started_on,
        cast(null as date) as decided_on,
        cast(null as date) as ended_on,
        cast(null as {{ dbt.type_string() }}) as end_reason_code,
        cast(null as date) as matched_on,
        false as is_in_ad1,
        cast(null as {{ dbt.type_string() }}) as foster_carers_adopted_code,
        cast(null as {{ dbt.type_string() }}) as adopter_number_code,
        cast(null as {{ dbt.type_string() }}) as adopter_sex_code,
        cast(null as {{ dbt.type_string() }}) as adopter_legal_status_code,
        false as is_in_annex_a,
        cast(null as bigint) as adoptive_family_key,
        cast(null as date) as entered_care_on,
        cast(null as date) as placement_order_on,
        cast(null as date) as placed_on,
        cast(null as date) as adoption_order_on,
        cast(null as date) as fostering_for_adoption_on,
        'ssda903_episodes' as source_dataset,
        cast(null as {{ dbt.type_string() }}) as marks,
        cast(null as {{ dbt.type_string() }}) as source_file,
        cast(null as bigint) as source_row

    from seen_in_care

),

windows as (

    select
        all_plans.*,
        coalesce(all_plans.decided_on, {{ always }}) as runs_from,
        coalesce(
            all_plans.ended_on,
            lead(all_plans.decided_on) over (
                partition by all_plans.authority_code, all_plans.child_key, all_plans.period_of_care_started_on
                order by all_plans.decided_on nulls first
            ),
            {{ never }}
        ) as runs_to

    from all_plans

),

orders as (

    select
        windows.authority_code,
        windows.child_key,
        windows.period_of_care_started_on,
        windows.runs_from,
        min(legal_statuses.started_on) as ordered_on

    from windows
    inner join {{ ref('fct_legal_status_spell') }} as legal_statuses
        on windows.authority_code = legal_statuses.authority_code
            and windows.child_key = legal_statuses.child_key
            and windows.period_of_care_started_on = legal_statuses.period_of_care_started_on
            -- freeing orders (D1) gave the same authority until 2005
            and legal_statuses.legal_status_code in ('E1', 'D1')
            and windows.runs_to > legal_statuses.started_on
            and windows.runs_from < coalesce(legal_statuses.ended_on, {{ never }})
    group by windows.authority_code, windows.child_key, windows.period_of_care_started_on, windows.runs_from

),

last_families as (

    select
        windows.authority_code,
        windows.child_key,
        windows.period_of_care_started_on,
        windows.runs_from,
        placements.same_carer_since,
        placements.placement_type_code,
        min(placements.started_on) over (
            partition by
                windows.authority_code, windows.child_key, windows.period_of_care_started_on, windows.runs_from,
                placements.same_carer_since
        ) as placed_on

    from windows
    inner join placements
        on windows.authority_code = placements.authority_code
            and windows.child_key = placements.child_key
            and windows.period_of_care_started_on = placements.period_of_care_started_on
            and placements.is_adoptive
            and windows.runs_from <= placements.started_on
            and windows.runs_to > placements.started_on
    qualify
        row_number() over (
            partition by
                windows.authority_code, windows.child_key, windows.period_of_care_started_on, windows.runs_from
            order by placements.started_on desc
        ) = 1

),

fostered as (

    select
        windows.authority_code,
        windows.child_key,
        windows.period_of_care_started_on,
        windows.runs_from,
        min(placements.started_on) as fostered_on

    from windows
    inner join placements
        on windows.authority_code = placements.authority_code
            and windows.child_key = placements.child_key
            and windows.period_of_care_started_on = placements.period_of_care_started_on
            and placements.placement_type_code in ('U2', 'U5')
            and windows.runs_to > placements.started_on
    group by windows.authority_code, windows.child_key, windows.period_of_care_started_on, windows.runs_from

),

latest_placements as (

    select *

    from placements
    qualify
        row_number() over (
            partition by authority_code, child_key, period_of_care_started_on
            order by started_on desc
        ) = 1

),

staged as (

    select
        windows.*,
        care_periods.is_adoption,
        care_periods.ended_on as left_care_on,
        coalesce(windows.period_of_care_started_on, windows.entered_care_on) as came_into_care_on,
        coalesce(orders.ordered_on, windows.placement_order_on) as ordered_on,
        coalesce(last_families.placed_on, windows.placed_on) as moved_to_family_on,
        coalesce(
            last_families.same_carer_since,
            least(windows.placed_on, coalesce(windows.fostering_for_adoption_on, windows.placed_on))
        ) as with_family_since,
        coalesce(fostered.fostered_on, windows.fostering_for_adoption_on) as fostered_for_adoption_on,
        case
            when windows.ended_on is null and windows.runs_to = {{ never }} and care_periods.is_adoption
                then care_periods.ended_on
            else windows.adoption_order_on
        end as adopted_on,
        case
            when windows.foster_carers_adopted_code = '1' then true
            when windows.foster_carers_adopted_code = '0' then false
            when last_families.placement_type_code in ('A3', 'A5') then true
            when last_families.placement_type_code in ('A4', 'A6') then false
        end as is_foster_carer_adoption,
        last_families.child_key is not null
        and not coalesce(care_periods.is_adoption, false)
        and (care_periods.ended_on is not null or not latest_placements.is_adoptive_meanwhile) as is_disrupted

    from windows

    -- left: of a child whose care is not known only the lists tell, and not every plan gets to every stage
    left join care_periods
        on windows.authority_code = care_periods.authority_code
            and windows.child_key = care_periods.child_key
            and windows.period_of_care_started_on = care_periods.started_on
    left join orders
        on windows.authority_code = orders.authority_code
            and windows.child_key = orders.child_key
            and windows.period_of_care_started_on = orders.period_of_care_started_on
            and windows.runs_from = orders.runs_from
    left join last_families
        on windows.authority_code = last_families.authority_code
            and windows.child_key = last_families.child_key
            and windows.period_of_care_started_on = last_families.period_of_care_started_on
            and windows.runs_from = last_families.runs_from
    left join fostered
        on windows.authority_code = fostered.authority_code
            and windows.child_key = fostered.child_key
            and windows.period_of_care_started_on = fostered.period_of_care_started_on
            and windows.runs_from = fostered.runs_from
    left join latest_placements
        on windows.authority_code = latest_placements.authority_code
            and windows.child_key = latest_placements.child_key
            and windows.period_of_care_started_on = latest_placements.period_of_care_started_on

),

final as (

    select
        authority_code,
        child_key,
        coalesce(
            decided_on, ordered_on, matched_on, moved_to_family_on, adopted_on, ended_on, came_into_care_on
        ) as journey_on,
        decided_on,
        period_of_care_started_on,
        came_into_care_on as entered_care_on,
        ordered_on as placement_order_on,
        fostered_for_adoption_on as fostering_for_adoption_on,
        matched_on,
        moved_to_family_on as placed_on,
        with_family_since as moved_in_on,
        adopted_on,
        ended_on,
        end_reason_code,
        case
            when adopted_on is not null or is_in_ad1 then 'adopted'
            when ended_on is not null then 'taken_back'
            when left_care_on is not null then 'left_care'
            when moved_to_family_on is not null and not is_disrupted then 'placed'
            when matched_on is not null and moved_to_family_on is null then 'matched'
            else 'waiting'
        end as status,
        is_disrupted,
        is_foster_carer_adoption,
        adopter_number_code,
        adopter_sex_code,
        adopter_legal_status_code,
        adoptive_family_key,
        {{ days_between('came_into_care_on', 'moved_to_family_on') }} as days_care_to_placed,
        {{ days_between('came_into_care_on', 'with_family_since') }} as days_care_to_moved_in,
        case
            when matched_on < ordered_on then 0
            else {{ days_between('ordered_on', 'matched_on') }}
        end as days_order_to_match,
        {{ days_between('decided_on', 'matched_on') }} as days_decision_to_match,
        {{ days_between('decided_on', 'moved_to_family_on') }} as days_decision_to_placed,
        {{ days_between('moved_to_family_on', 'adopted_on') }} as days_placed_to_adopted,
        {{ days_between('came_into_care_on', 'adopted_on') }} as days_care_to_adopted,
        is_in_ad1,
        is_in_annex_a,
        source_dataset,
        marks,
        source_file,
        source_row

    from staged

)

select * from final
