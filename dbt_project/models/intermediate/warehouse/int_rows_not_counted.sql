{#- Datasets that come by collection year, with what tells a child's rows apart: the same key may come in several. -#}
{%- set yearly = [
    ('ssda903_header', 'stg_social_care__header', ['row_year']),
    ('ssda903_episodes', 'stg_social_care__episodes', ['started_on']),
    ('ssda903_reviews', 'stg_social_care__reviews', ['held_on']),
    ('ssda903_uasc', 'stg_social_care__uasc', ['row_year']),
    ('ssda903_oc2', 'stg_social_care__oc2', ['row_year']),
    ('ssda903_missing', 'stg_social_care__missing', ['started_on', 'missing_code']),
    ('ssda903_oc3', 'stg_social_care__oc3', ['row_year']),
    ('cin_child', 'stg_social_care__cin_child', []),
    ('cin_details', 'stg_social_care__cin_details', ['referred_on']),
    ('cin_assessment', 'stg_social_care__cin_assessment', ['started_on']),
    ('cin_section47', 'stg_social_care__cin_section47', ['started_on']),
    ('ssda903_placed_for_adoption', 'stg_social_care__placed_for_adoption', ['decided_on']),
    ('ssda903_ad1', 'stg_social_care__ad1', []),
    ('ssda903_previous_permanence', 'stg_social_care__previous_permanence', ['row_year']),
    ('ssda903_dolo', 'stg_social_care__dolo', ['started_on']),
    ('ssda903_sw_episodes', 'stg_social_care__sw_episodes', ['worker_key', 'started_on']),
    ('cin_plan', 'stg_social_care__cin_plan', ['started_on']),
    ('cin_protection_plan', 'stg_social_care__cin_protection_plan', ['started_on']),
    ('cin_protection_review', 'int_protection_reviews_told', ['plan_started_on', 'held_on']),
] -%}
{#- Whole lists that may name one child by two ids: the same key then comes twice. -#}
{%- set whole = [
    ('return_interviews', 'stg_social_care__return_interviews', ['missing_started_on']),
    ('care_leavers', 'stg_social_care__care_leavers', ['contact_on']),
    ('annex_a_9_care_leavers', 'stg_social_care__annex_a_9_care_leavers', ['last_contact_on']),
    ('annex_a_1_contacts', 'stg_social_care__annex_a_1_contacts', ['contact_on', 'contact_source_code']),
    ('annex_a_2_early_help', 'stg_social_care__annex_a_2_early_help', ['started_on']),
    ('annex_a_10_adoption', 'stg_social_care__annex_a_10_adoption', []),
    ('allocations', 'stg_social_care__allocations', ['worker_role_code', 'worker_key', 'started_on']),
    ('annex_a_8_children_in_care', 'stg_social_care__annex_a_8_children_in_care', ['started_on']),
] -%}
{#- Lists that another list is heard before, and the rows of the fact that both tell of. -#}
{%- set told_by_another = [
    ('annex_a_9_care_leavers', 'fct_care_leaver_contact', "source_dataset = 'care_leavers' and is_in_annex_a"),
    ('annex_a_10_adoption', 'fct_adoption_journey', "source_dataset <> 'annex_a_10_adoption' and is_in_annex_a"),
] -%}
{#- Rows that tell of no event: of a care leaver nobody has been in contact with. -#}
{%- set without_event = [
    ('annex_a_9_care_leavers', 'stg_social_care__annex_a_9_care_leavers', 'last_contact_on'),
] -%}
{#- Lists that only add to a census: what the census in force tells of too, by the same columns, is superseded. -#}
{%- set filling_up = [
    (
        'annex_a_3_referrals',
        'stg_social_care__annex_a_3_referrals',
        'int_cin_referrals_in_force',
        [('referred_on', 'referred_on')],
        none,
    ),
    (
        'annex_a_4_assessments',
        'stg_social_care__annex_a_4_assessments',
        'int_cin_assessments_in_force',
        [('started_on', 'started_on')],
        none,
    ),
    (
        'annex_a_5_section47',
        'stg_social_care__annex_a_5_section47',
        'int_cin_enquiries_in_force',
        [('started_on', 'started_on')],
        none,
    ),
    (
        'annex_a_6_children_in_need',
        'stg_social_care__annex_a_6_children_in_need',
        'int_cin_referrals_in_force',
        [('started_on', 'referred_on')],
        'not coalesce(census.is_no_further_action, false)',
    ),
    (
        'annex_a_7_child_protection',
        'stg_social_care__annex_a_7_child_protection',
        'int_protection_plans_in_force',
        [('started_on', 'started_on')],
        none,
    ),
] -%}
{#- Datasets whose rows belong to a row of another dataset of their document, and are in force with it: that dataset,
    what is in force of it, and the numbers, besides the child's, that lead to it. -#}
{%- set belonging = [
    (
        'cin_assessment_factor',
        'stg_social_care__cin_assessment_factor',
        'stg_social_care__cin_assessment',
        'int_cin_assessments_in_force',
        ['cin_details_id', 'assessment_id'],
    ),
    ('cin_disability', 'stg_social_care__cin_disability', 'stg_social_care__cin_child', 'int_cin_children_in_force', []),
] -%}
with

-- Superseded: counted on its own and not as what is missing from the facts, or it would explain everything.

{% for dataset, model, keys in yearly %}
    {{ dataset }}_lists as (

        select
            authority_code,
            max(stamp) as stamp

        from {{ ref(model) }}
        where collection_year is null
        group by authority_code

    ),

    {{ dataset }}_keys as (

        select
            kept.authority_code,
            count(*) as rows_kept,
            count(
                distinct case
                    when
                        lists.stamp is null
                        or kept.stamp > lists.stamp
                        or (kept.collection_year is null and kept.stamp = lists.stamp)
                        then {{ row_identity(keys, 'kept') }}
                end
            ) as rows_surviving

        from (
            select
                *,
                coalesce(collection_year, {{ collection_year_of('stamp') }}) as row_year

            from {{ of_children(ref(model), 'social_care') }}
        ) as kept
        left join {{ dataset }}_lists as lists
            on kept.authority_code = lists.authority_code
        group by kept.authority_code

    ),

{% endfor %}
with_their_owners as (

    {%- for dataset, model, owners, owners_in_force, keys in belonging %}
        select
            rows_told.authority_code,
            '{{ dataset }}' as dataset,
            sum(case when owners.source_row is null then 1 else 0 end) as rows_without_owner,
            sum(
                case when owners.source_row is not null and in_force.source_row is null then 1 else 0 end
            ) as rows_superseded

        from {{ ref(model) }} as rows_told
        left join {{ ref(owners) }} as owners
            on rows_told.authority_code = owners.authority_code
                and rows_told.source_file = owners.source_file
                and rows_told.child_key = owners.child_key
                {%- for key in keys %}
                    and rows_told.{{ key }} = owners.{{ key }}
                {%- endfor %}
        left join {{ ref(owners_in_force) }} as in_force
            on owners.authority_code = in_force.authority_code
                and owners.source_file = in_force.source_file
                and owners.source_row = in_force.source_row
        group by rows_told.authority_code
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}

),

with_social_worker as (

    select distinct
        authority_code,
        child_key

    from {{ of_children(ref('stg_social_care__allocations'), 'social_care') }}
    where worker_role_code = 'social_worker'

),

superseded_in_parts as (

    {%- for dataset, model, keys in yearly %}
        select
            authority_code,
            '{{ dataset }}' as dataset,
            rows_kept - rows_surviving as rows_superseded

        from {{ dataset }}_keys
        union all
    {%- endfor %}
    {%- for dataset, model, keys in whole %}
        select
            authority_code,
            '{{ dataset }}' as dataset,
            count(*) - count(distinct {{ row_identity(keys) }}) as rows_superseded

        from {{ of_children(ref(model), 'social_care') }}
        group by authority_code
        union all
    {%- endfor %}
    {%- for dataset, model, condition in told_by_another %}
        select
            authority_code,
            '{{ dataset }}' as dataset,
            count(*) as rows_superseded

        from {{ ref(model) }}
        where {{ condition }}
        group by authority_code
        union all
    {%- endfor %}
    {%- for dataset, model, census, keys, condition in filling_up %}
        select
            kept.authority_code,
            '{{ dataset }}' as dataset,
            count(*) - count(
                distinct case
                    when census.child_key is null
                        then {{ row_identity(keys | map(attribute=0), 'kept') }}
                end
            ) as rows_superseded

        from {{ of_children(ref(model), 'social_care') }} as kept
        left join {{ ref(census) }} as census
            on kept.authority_code = census.authority_code
                and kept.child_key = census.child_key
                {%- for key, census_key in keys %}
                    and kept.{{ key }} = census.{{ census_key }}
                {%- endfor %}
                {{ 'and ' ~ condition if condition }}
        group by kept.authority_code
        union all
    {%- endfor %}
    select
        authority_code,
        dataset,
        rows_superseded

    from with_their_owners
    union all
    -- the operational list is heard first of who a child's social workers are
    select
        returned.authority_code,
        'ssda903_sw_episodes' as dataset,
        count(*) as rows_superseded

    from {{ ref('int_social_workers_in_force') }} as returned
    inner join with_social_worker
        on returned.authority_code = with_social_worker.authority_code
            and returned.child_key = with_social_worker.child_key
    group by returned.authority_code

),

superseded as (

    select
        authority_code,
        dataset,
        sum(rows_superseded) as rows_superseded

    from superseded_in_parts
    group by authority_code, dataset

),

without_event as (

    {%- for dataset, model, day in without_event %}
        select
            authority_code,
            '{{ dataset }}' as dataset,
            count(distinct child_key) as rows_without_event

        from {{ of_children(ref(model), 'social_care') }}
        where {{ day }} is null
        group by authority_code
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}

),

told as (

    select
        authority_code,
        dataset

    from superseded
    union
    select
        authority_code,
        dataset

    from without_event

),

final as (

    select
        told.authority_code,
        told.dataset,
        coalesce(superseded.rows_superseded, 0) as rows_superseded,
        coalesce(with_their_owners.rows_without_owner, 0) as rows_without_owner,
        coalesce(without_event.rows_without_event, 0) as rows_without_event

    from told

    -- left: most reasons concern some datasets only
    left join superseded
        on told.authority_code = superseded.authority_code
            and told.dataset = superseded.dataset
    left join with_their_owners
        on told.authority_code = with_their_owners.authority_code
            and told.dataset = with_their_owners.dataset
    left join without_event
        on told.authority_code = without_event.authority_code
            and told.dataset = without_event.dataset

)

select * from final
