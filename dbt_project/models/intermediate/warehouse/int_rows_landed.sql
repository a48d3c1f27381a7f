{#- The one model besides staging that reads what landed: it counts the rows that staging leaves out. -#}
{%- set datasets = [
    'ssda903_header',
    'ssda903_episodes',
    'ssda903_reviews',
    'ssda903_uasc',
    'ssda903_oc2',
    'ssda903_oc3',
    'ssda903_ad1',
    'ssda903_placed_for_adoption',
    'ssda903_previous_permanence',
    'ssda903_missing',
    'ssda903_sw_episodes',
    'ssda903_dolo',
    'persons',
    'allocations',
    'return_interviews',
    'care_leavers',
    'cin_header',
    'cin_child',
    'cin_disability',
    'cin_details',
    'cin_assessment',
    'cin_assessment_factor',
    'cin_plan',
    'cin_section47',
    'cin_protection_plan',
    'cin_protection_review',
    'annex_a_1_contacts',
    'annex_a_2_early_help',
    'annex_a_3_referrals',
    'annex_a_4_assessments',
    'annex_a_5_section47',
    'annex_a_6_children_in_need',
    'annex_a_7_child_protection',
    'annex_a_8_children_in_care',
    'annex_a_9_care_leavers',
    'annex_a_10_adoption',
    'annex_a_11_adopters',
    'patients',
    'health_assessments',
    'dental_checks',
    'immunisations',
    'sdq',
    'pupils',
    'schools',
    'enrolments',
    'exclusions',
    'peps',
    'attainment',
] -%}

with

datasets as (

    {%- for dataset in datasets %}
        select
            _authority_code as authority_code,
            '{{ dataset }}' as dataset,
            cast(null as date) as session_month,
            count(*) as rows_landed,
            count(*) filter (where not {{ is_kept('_marks') }}) as rows_duplicate

        from {{ source('raw', dataset) }}
        group by _authority_code
        union all
    {%- endfor %}
    select
        _authority_code as authority_code,
        'attendance' as dataset,
        cast({{ dbt.date_trunc('month', 'session_date') }} as date) as session_month,
        count(*) as rows_landed,
        count(*) filter (where not {{ is_kept('_marks') }}) as rows_duplicate

    from {{ source('raw', 'attendance') }}
    group by _authority_code, cast({{ dbt.date_trunc('month', 'session_date') }} as date)

),

final as (

    select
        authority_code,
        dataset,
        session_month,
        rows_landed,
        rows_duplicate

    from datasets

)

select * from final
