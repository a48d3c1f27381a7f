with

episodes as (

    select * from {{ ref('int_episodes_arranged') }}

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
        placement_started_on,

        -- codes
        new_episode_reason_code,
        legal_status_code,
        category_of_need_code,
        placement_type_code,
        provider_code,
        provider_urn,
        end_reason_code,
        placement_change_reason_code,

        -- measures
        {{ days_between('started_on', 'ended_on') }} as nights,

        -- flags
        ended_on is null as is_open,
        is_short_break,

        -- lineage
        marks,
        source_file,
        source_row

    from episodes

)

select * from final
