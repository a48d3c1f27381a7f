with

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

visits as (

    select
        authority_code,
        child_key,
        last_seen_on as visited_on,
        'child_in_need' as visit_kind,
        cast(null as boolean) as is_child_seen_alone,
        'annex_a_6_children_in_need' as source_dataset,
        source_file,
        source_row

    from {{ of_children(ref('stg_social_care__annex_a_6_children_in_need'), 'social_care') }}

    union all

    select
        authority_code,
        child_key,
        last_visit_on as visited_on,
        'child_protection' as visit_kind,
        is_child_seen_alone,
        'annex_a_7_child_protection' as source_dataset,
        source_file,
        source_row

    from {{ of_children(ref('stg_social_care__annex_a_7_child_protection'), 'social_care') }}

    union all

    select
        authority_code,
        child_key,
        last_visit_on as visited_on,
        'looked_after' as visit_kind,
        cast(null as boolean) as is_child_seen_alone,
        'annex_a_8_children_in_care' as source_dataset,
        source_file,
        source_row

    from {{ of_children(ref('stg_social_care__annex_a_8_children_in_care'), 'social_care') }}

    union all

    select
        authority_code,
        child_key,
        last_reviewing_officer_contact_on as visited_on,
        'reviewing_officer' as visit_kind,
        cast(null as boolean) as is_child_seen_alone,
        'annex_a_8_children_in_care' as source_dataset,
        source_file,
        source_row

    from {{ of_children(ref('stg_social_care__annex_a_8_children_in_care'), 'social_care') }}

),

-- The same visit stands on every plan or period of the child; one that says whether the child was seen alone is kept.
visits_once as (

    select *

    from visits
    where visited_on is not null
    qualify
        row_number() over (
            partition by authority_code, child_key, visited_on, visit_kind
            order by is_child_seen_alone desc nulls last, source_file desc, source_row desc
        ) = 1

),

final as (

    select
        -- identifiers
        visits_once.authority_code,
        visits_once.child_key,

        -- dates
        visits_once.visited_on,
        visits_once.visit_kind,
        visits_once.is_child_seen_alone,
        row_number() over (
            partition by visits_once.authority_code, visits_once.child_key, visits_once.visit_kind
            order by visits_once.visited_on desc
        ) = 1 as is_latest,
        {{ days_between('visits_once.visited_on', 'night.as_at') }} as days_since_visit,
        visits_once.visited_on > night.as_at as is_in_future,

        -- lineage
        visits_once.source_dataset,
        visits_once.source_file,
        visits_once.source_row

    from visits_once
    cross join night

)

select * from final
