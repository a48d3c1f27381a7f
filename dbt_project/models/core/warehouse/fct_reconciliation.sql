{#- Datasets that come by collection year, with what tells a child's rows apart: the same key may come in several. -#}
{%- set yearly = [
    ('ssda903_header', 'stg_social_care__header', ['row_year']),
    ('ssda903_episodes', 'stg_social_care__episodes', ['started_on']),
    ('ssda903_reviews', 'stg_social_care__reviews', ['held_on']),
    ('ssda903_uasc', 'stg_social_care__uasc', ['row_year']),
    ('ssda903_oc2', 'stg_social_care__oc2', ['row_year']),
    ('ssda903_missing', 'stg_social_care__missing', ['started_on', 'missing_code']),
    ('ssda903_oc3', 'stg_social_care__oc3', ['row_year']),
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
{#- Datasets of which each row in force is one row of a table, and the condition for those rows that are. -#}
{%- set row_for_row = [
    ('ssda903_episodes', 'fct_care_episode', none),
    ('ssda903_reviews', 'fct_review', 'is_held'),
    ('ssda903_missing', 'fct_missing_spell', none),
    ('return_interviews', 'fct_return_interview', none),
    ('ssda903_oc3', 'fct_care_leaver_status', none),
    ('care_leavers', 'fct_care_leaver_contact', "source_dataset = 'care_leavers'"),
    ('annex_a_9_care_leavers', 'fct_care_leaver_contact', "source_dataset = 'annex_a_9_care_leavers'"),
    ('ssda903_oc2', 'fct_health_return', none),
    ('ssda903_placed_for_adoption', 'fct_adoption_journey', "source_dataset = 'ssda903_placed_for_adoption'"),
    ('ssda903_ad1', 'fct_adoption_journey', 'is_in_ad1'),
    ('annex_a_10_adoption', 'fct_adoption_journey', "source_dataset = 'annex_a_10_adoption'"),
    ('annex_a_11_adopters', 'fct_adopter', none),
    ('ssda903_previous_permanence', 'fct_previous_permanence', none),
    ('ssda903_dolo', 'fct_deprivation_of_liberty', none),
    ('health_assessments', 'fct_health_assessment', none),
    ('dental_checks', 'fct_dental_check', none),
    ('immunisations', 'fct_immunisation_status', none),
    ('sdq', 'fct_strengths_and_difficulties', none),
    ('schools', 'dim_school', 'not is_inferred'),
    ('enrolments', 'fct_enrolment', none),
    ('attendance', 'fct_attendance_session', none),
    ('exclusions', 'fct_exclusion', none),
    ('peps', 'fct_personal_education_plan', none),
    ('attainment', 'fct_attainment', none),
    ('cin_details', 'fct_referral', "source_dataset = 'cin_details'"),
    ('cin_assessment', 'fct_assessment', "source_dataset = 'cin_assessment'"),
    ('cin_assessment_factor', 'fct_assessment_factor', none),
    ('cin_section47', 'fct_section47_enquiry', "source_dataset = 'cin_section47'"),
    ('cin_disability', 'bridge_child_disability', none),
    ('annex_a_1_contacts', 'fct_contact', none),
    ('annex_a_2_early_help', 'fct_early_help_assessment', none),
    ('annex_a_3_referrals', 'fct_referral', "source_dataset = 'annex_a_3_referrals'"),
    ('annex_a_4_assessments', 'fct_assessment', "source_dataset = 'annex_a_4_assessments'"),
    ('annex_a_5_section47', 'fct_section47_enquiry', "source_dataset = 'annex_a_5_section47'"),
    ('ssda903_sw_episodes', 'fct_allocation', "source_dataset = 'ssda903_sw_episodes'"),
    ('allocations', 'fct_allocation', "source_dataset = 'allocations'"),
    ('cin_plan', 'fct_child_in_need_plan', none),
    ('cin_protection_plan', 'fct_child_protection_plan', "source_dataset = 'cin_protection_plan'"),
    ('cin_protection_review', 'fct_child_protection_review', "source_dataset = 'cin_protection_review'"),
    ('annex_a_6_children_in_need', 'fct_child_in_need', "source_dataset = 'annex_a_6_children_in_need'"),
    ('annex_a_7_child_protection', 'fct_child_protection_plan', "source_dataset = 'annex_a_7_child_protection'"),
    ('annex_a_8_children_in_care', 'fct_permanence_plan', none),
] -%}
{#- Datasets that are counted in a way of their own below. -#}
{%- set counted_otherwise = [
    'ssda903_header',
    'ssda903_uasc',
    'cin_header',
    'pupils',
    'patients',
] -%}
{#- All others lie in raw, landed and judged, until a fact is made of them. -#}
{%- set with_facts = row_for_row | map(attribute=0) | list + counted_otherwise -%}

with

extracts as (

    select * from {{ ref('dim_extract') }}

),

landed as (

    select * from {{ ref('int_rows_landed') }}

),

child_years as (

    select * from {{ ref('int_child_years') }}

),

children as (

    select * from {{ ref('dim_child') }}

),

in_force as (

    select
        authority_code,
        dataset,
        sum(rows_in_force) as rows_in_force

    from extracts
    group by authority_code, dataset

),

duplicates as (

    select
        authority_code,
        dataset,
        sum(rows_duplicate) as rows_duplicate

    from landed
    where dataset <> 'attendance'
    group by authority_code, dataset
    union all
    select
        authority_code,
        'attendance' as dataset,
        sum(rows_duplicate) as rows_duplicate

    from {{ ref('fct_attendance_partition') }}
    group by authority_code

),

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
                        then
                            concat(
                                cast(kept.child_key as {{ dbt.type_string() }})
                                {%- for key in keys %},
                                ' ',
                                coalesce(cast(kept.{{ key }} as {{ dbt.type_string() }}), '')
                                {%- endfor %}
                            )
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
            count(*) - count(
                distinct concat(
                    cast(child_key as {{ dbt.type_string() }})
                    {%- for key in keys %},
                    ' ',
                    coalesce(cast({{ key }} as {{ dbt.type_string() }}), '')
                    {%- endfor %}
                )
            ) as rows_superseded

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
                        then
                            concat(
                                cast(kept.child_key as {{ dbt.type_string() }})
                                {%- for key, _ in keys %},
                                ' ',
                                coalesce(cast(kept.{{ key }} as {{ dbt.type_string() }}), '')
                                {%- endfor %}
                            )
                end
            ) as rows_superseded

        from {{ of_children(ref(model), 'social_care') }} as kept
        left join {{ ref(census) }} as census
            on kept.authority_code = census.authority_code
                and kept.child_key = census.child_key
                {%- for key, census_key in keys %}
                and kept.{{ key }} = census.{{ census_key }}
                {%- endfor %}
                {%- if condition %}
                and {{ condition }}
                {%- endif %}
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

second_suppliers as (

    select
        authority_code,
        'attendance' as dataset,
        sum(rows_second_supplier) as rows_second_supplier

    from {{ ref('fct_attendance_partition') }}
    group by authority_code

),

-- The child as dim_child has it at the end of a collection year.

header_years as (

    select
        child_years.authority_code,
        count(*) as rows_in_facts

    from child_years
    inner join children
        on child_years.authority_code = children.authority_code
            and child_years.child_key = children.child_key
            and {{ is_on(
            "cast(concat(cast(child_years.collection_year as " ~ dbt.type_string() ~ "), '-03-31') as date)",
            'children.valid_from',
            'children.valid_to'
        ) }}
            and child_years.birth_month is not distinct from children.birth_month
            and child_years.ethnicity_code = children.ethnicity_code
    group by child_years.authority_code

),

unaccompanied as (

    select distinct
        authority_code,
        child_key,
        coalesce(collection_year, {{ collection_year_of('stamp') }}) as collection_year

    from {{ ref('int_uasc_by_year') }}

),

unaccompanied_judged as (

    select
        unaccompanied.authority_code,
        coalesce(children.is_unaccompanied, false) as is_in_facts,
        headers.child_key is null as is_without_header

    from unaccompanied
    left join children
        on unaccompanied.authority_code = children.authority_code
            and unaccompanied.child_key = children.child_key
            and {{ is_on(
            "cast(concat(cast(unaccompanied.collection_year as " ~ dbt.type_string() ~ "), '-03-31') as date)",
            'children.valid_from',
            'children.valid_to'
        ) }}
    left join child_years as headers
        on unaccompanied.authority_code = headers.authority_code
            and unaccompanied.child_key = headers.child_key
            and unaccompanied.collection_year = headers.collection_year

),

without_header as (

    select
        authority_code,
        'ssda903_uasc' as dataset,
        count(*) as rows_without_header

    from unaccompanied_judged
    where not is_in_facts and is_without_header
    group by authority_code

),

in_facts as (

    {%- for dataset, model, condition in row_for_row %}
    select
        authority_code,
        '{{ dataset }}' as dataset,
        count(*) as rows_in_facts

    from {{ ref(model) }}
    {%- if condition %}
    where {{ condition }}
    {%- endif %}
    group by authority_code
    union all
    {%- endfor %}
    select
        authority_code,
        'ssda903_header' as dataset,
        rows_in_facts

    from header_years
    union all
    -- one header a document, and dim_extract tells of each
    select
        authority_code,
        'cin_header' as dataset,
        count(*) as rows_in_facts

    from extracts
    where dataset = 'cin_header'
    group by authority_code
    union all
    select
        authority_code,
        'ssda903_uasc' as dataset,
        count(*) as rows_in_facts

    from unaccompanied_judged
    where is_in_facts
    group by authority_code
    union all
    select
        links.authority_code,
        'pupils' as dataset,
        count(*) as rows_in_facts

    from {{ ref('bridge_pupil_child') }} as links
    inner join {{ ref('stg_education__pupils') }} as pupils
        on links.authority_code = pupils.authority_code
            and links.pupil_key = pupils.pupil_key
    group by links.authority_code
    union all
    -- a patient is an identity of a child, and what the trust lists of it finds the child by that
    select
        patients.authority_code,
        'patients' as dataset,
        count(*) as rows_in_facts

    from {{ ref('stg_health__patients') }} as patients
    inner join {{ ref('stg_warehouse__child_identities') }} as identities
        on patients.authority_code = identities.authority_code
            and patients.patient_key = identities.identity_key
            and identities.identity_kind = 'health'
    group by patients.authority_code

),

told as (

    select
        authority_code,
        dataset

    from in_force
    union
    select
        authority_code,
        dataset

    from in_facts

),

counted as (

    select
        told.authority_code,
        told.dataset,
        coalesce(in_force.rows_in_force, 0) as rows_in_force,
        coalesce(in_facts.rows_in_facts, 0) as rows_in_facts,
        coalesce(superseded.rows_superseded, 0) as rows_superseded,
        coalesce(duplicates.rows_duplicate, 0) as rows_duplicate,
        coalesce(second_suppliers.rows_second_supplier, 0) as rows_second_supplier,
        coalesce(without_header.rows_without_header, 0) as rows_without_header,
        coalesce(with_their_owners.rows_without_owner, 0) as rows_without_owner,
        case
            when told.dataset not in ('{{ with_facts | join("', '") }}')
                then coalesce(in_force.rows_in_force, 0) - coalesce(duplicates.rows_duplicate, 0)
            else coalesce(without_event.rows_without_event, 0)
        end as rows_without_fact

    from told

    -- left: most reasons concern some datasets only
    left join in_force
        on told.authority_code = in_force.authority_code
            and told.dataset = in_force.dataset
    left join in_facts
        on told.authority_code = in_facts.authority_code
            and told.dataset = in_facts.dataset
    left join without_event
        on told.authority_code = without_event.authority_code
            and told.dataset = without_event.dataset
    left join superseded
        on told.authority_code = superseded.authority_code
            and told.dataset = superseded.dataset
    left join duplicates
        on told.authority_code = duplicates.authority_code
            and told.dataset = duplicates.dataset
    left join second_suppliers
        on told.authority_code = second_suppliers.authority_code
            and told.dataset = second_suppliers.dataset
    left join without_header
        on told.authority_code = without_header.authority_code
            and told.dataset = without_header.dataset
    left join with_their_owners
        on told.authority_code = with_their_owners.authority_code
            and told.dataset = with_their_owners.dataset

),

final as (

    select
        authority_code,
        dataset,
        cast(rows_in_force as bigint) as rows_in_force,
        cast(rows_in_facts as bigint) as rows_in_facts,
        cast(rows_superseded as bigint) as rows_superseded,
        cast(rows_duplicate as bigint) as rows_duplicate,
        cast(rows_second_supplier as bigint) as rows_second_supplier,
        cast(rows_without_header as bigint) as rows_without_header,
        cast(rows_without_owner as bigint) as rows_without_owner,
        cast(rows_without_fact as bigint) as rows_without_fact,
        cast(
            rows_in_force - rows_in_facts - rows_superseded - rows_duplicate
            - rows_second_supplier - rows_without_header - rows_without_owner - rows_without_fact
            as bigint
        ) as rows_unexplained

    from counted

)

select * from final
