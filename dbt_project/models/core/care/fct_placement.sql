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

legal_statuses as (

    select * from {{ ref('dim_legal_status') }}

),

described as (

    select
        placements.*,
        care_periods.ended_on as period_of_care_ended_on,
        coalesce(placement_types.is_temporary, false) as is_temporary,
        coalesce(legal_statuses.is_short_break, false) as is_short_break

    from placements
    inner join care_periods
        on placements.authority_code = care_periods.authority_code
            and placements.child_key = care_periods.child_key
            and placements.period_of_care_started_on = care_periods.started_on

    -- left: a code outside the lists must not lose the placement
    left join placement_types on placements.placement_type_code = placement_types.placement_type_code
    left join legal_statuses on placements.legal_status_at_start_code = legal_statuses.legal_status_code

),

-- Where the child lived before a temporary stay, or before several in a row.
neighbours as (

    select
        described.*,
        coalesce(lag(is_temporary) over in_period, false) as is_after_temporary,
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
        ) as is_return_from_temporary

    from neighbours

    -- left: the first placement of a period of care has nothing before it
    left join neighbours as lived_before
        on neighbours.authority_code = lived_before.authority_code
            and neighbours.child_key = lived_before.child_key
            and neighbours.lived_before_started_on = lived_before.started_on

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
        period_of_care_ended_on,

        -- codes
        placement_type_code,
        case
            when is_temporary then coalesce(lived_before_placement_type_code, placement_type_code)
            else placement_type_code
        end as underlying_placement_type_code,
        provider_code,
        provider_urn,
        legal_status_at_start_code,
        legal_status_at_end_code,
        category_of_need_code,
        end_reason_code,
        placement_change_reason_code,

        -- measures
        cast(episode_count as integer) as episode_count,
        {{ days_between('started_on', 'ended_on') }} as nights,

        -- flags
        ended_on is null as is_open,
        is_temporary,
        is_return_from_temporary,
        not is_temporary and not is_return_from_temporary as counts_as_placement,
        is_short_break,

        -- lineage
        marks,
        source_file,
        source_row

    from returned

)

select * from final
