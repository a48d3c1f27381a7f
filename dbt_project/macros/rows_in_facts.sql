{#- Datasets of which each row in force is one row of a table: (dataset, table, condition for those rows that are).
    The reconciliation counts them there; a list that no fact is made of yet is in neither macro, and is told as such. -#}
{% macro row_for_row() %}
    {{ return([
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
    ]) }}
{% endmacro %}

{#- Datasets that int_rows_in_facts counts in a way of their own. -#}
{% macro counted_otherwise() %}
    {{ return([
        'ssda903_header',
        'ssda903_uasc',
        'cin_header',
        'cin_child',
        'persons',
        'pupils',
        'patients',
    ]) }}
{% endmacro %}

{#- Has a fact been made of the list? -#}
{% macro has_fact(dataset) -%}
    {{ dataset }} in (
        {%- for known in (row_for_row() | map(attribute=0) | list + counted_otherwise()) | unique | sort %}
        '{{ known }}'{{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{#- What tells the rows of a child apart, as one text. -#}
{% macro row_identity(keys, relation=none) -%}
    {%- set prefix = relation ~ '.' if relation else '' -%}
    concat(
        cast({{ prefix }}child_key as {{ dbt.type_string() }})
        {%- for key in keys %}, ' ', coalesce(cast({{ prefix }}{{ key }} as {{ dbt.type_string() }}), ''){% endfor %}
    )
{%- endmacro %}
