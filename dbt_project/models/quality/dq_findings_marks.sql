{#- With int_rows_landed the one model besides staging that reads what landed: marks are on rows that staging leaves
    out too. Attendance is left out: raw holds only the months that are rebuilt tonight. -#}
{%- set datasets = [
    ('ssda903_header', 'child_key', 'pupil_key'),
    ('ssda903_episodes', 'child_key', none),
    ('ssda903_reviews', 'child_key', none),
    ('ssda903_uasc', 'child_key', none),
    ('ssda903_oc2', 'child_key', none),
    ('ssda903_oc3', 'child_key', none),
    ('ssda903_ad1', 'child_key', none),
    ('ssda903_placed_for_adoption', 'child_key', none),
    ('ssda903_previous_permanence', 'child_key', none),
    ('ssda903_missing', 'child_key', none),
    ('ssda903_sw_episodes', 'child_key', none),
    ('ssda903_dolo', 'child_key', none),
    ('persons', 'child_key', 'pupil_key'),
    ('allocations', 'child_key', none),
    ('return_interviews', 'child_key', none),
    ('care_leavers', 'child_key', none),
    ('cin_header', none, none),
    ('cin_child', 'child_key', 'pupil_key'),
    ('cin_disability', 'child_key', none),
    ('cin_details', 'child_key', none),
    ('cin_assessment', 'child_key', none),
    ('cin_assessment_factor', 'child_key', none),
    ('cin_plan', 'child_key', none),
    ('cin_section47', 'child_key', none),
    ('cin_protection_plan', 'child_key', none),
    ('cin_protection_review', 'child_key', none),
    ('annex_a_1_contacts', 'child_key', none),
    ('annex_a_2_early_help', 'child_key', none),
    ('annex_a_3_referrals', 'child_key', none),
    ('annex_a_4_assessments', 'child_key', none),
    ('annex_a_5_section47', 'child_key', none),
    ('annex_a_6_children_in_need', 'child_key', none),
    ('annex_a_7_child_protection', 'child_key', none),
    ('annex_a_8_children_in_care', 'child_key', none),
    ('annex_a_9_care_leavers', 'child_key', none),
    ('annex_a_10_adoption', 'child_key', none),
    ('annex_a_11_adopters', none, none),
    ('patients', 'child_key', none),
    ('health_assessments', 'child_key', none),
    ('dental_checks', 'child_key', none),
    ('immunisations', 'child_key', none),
    ('sdq', 'child_key', none),
    ('pupils', 'child_key', 'pupil_key'),
    ('schools', none, none),
    ('enrolments', none, 'pupil_key'),
    ('exclusions', none, 'pupil_key'),
    ('peps', 'child_key', 'pupil_key'),
    ('attainment', 'child_key', 'pupil_key'),
] -%}
{#- Rules of the return about children who come twice in a file: that is the landing's mark for a key. -#}
{%- set rules_about_duplicates = [
    ('SSDA903-INT31', 'ssda903_ad1'), ('SSDA903-INT32', 'ssda903_header'), ('SSDA903-INT33', 'ssda903_oc2'),
    ('SSDA903-INT34', 'ssda903_oc3'), ('SSDA903-INT35', 'ssda903_previous_permanence'),
    ('SSDA903-INT36', 'ssda903_uasc'),
] -%}
{%- set marks_of_neighbours = [
    'EPISODE-OVERLAP', 'EPISODE-OPEN-BEFORE-NEXT', 'EPISODE-OPEN-MISSING-LATER', 'EPISODE-REASON-CONTRADICTS',
] -%}

with

landed as (

    {%- for dataset, child_key, pupil_key in datasets %}
        select
            _authority_code as authority_code,
            _collection_year as collection_year,
            '{{ dataset }}' as dataset,
            {{ child_key or 'cast(null as bigint)' }} as child_key,
            {{ pupil_key or 'cast(null as bigint)' }} as pupil_key,
            _source_file as source_file,
            _source_row as source_row,
            _marks as marks

        from {{ source('raw', dataset) }}
        where _marks is not null
        {{ 'union all' if not loop.last }}
    {%- endfor %}

),

-- No row can bear more marks than twelve: one of a correction, two of codes, one of texts, four of its dataset, two of
-- identifiers, two of its key.
marked as (

    {%- for place in range(1, 13) %}
        select
            landed.*,
            {{ dbt.split_part('marks', "' '", place) }} as rule_code

        from landed
        where length(marks) - length(replace(marks, ' ', '')) >= {{ place - 1 }}
        {{ 'union all' if not loop.last }}
    {%- endfor %}

),

arranged as (

    select
        arranged.authority_code,
        in_force.collection_year,
        arranged.child_key,
        arranged.marks,
        arranged.source_file,
        arranged.source_row

    from {{ ref('int_episodes_arranged') }} as arranged
    inner join {{ ref('int_episodes_in_force') }} as in_force
        on arranged.authority_code = in_force.authority_code
            and arranged.child_key = in_force.child_key
            and arranged.started_on = in_force.started_on
    where arranged.marks is not null

),

children as (

    select distinct
        authority_code,
        child_key

    from {{ ref('stg_social_care__header') }}

),

pupils as (

    select distinct
        authority_code,
        pupil_key

    from {{ ref('stg_education__pupils') }}

),

named as (

    {%- for dataset, child_key, pupil_key in datasets[1:] if dataset.startswith('ssda903') %}
        select
            authority_code,
            collection_year,
            '{{ dataset }}' as dataset,
            child_key,
            source_file,
            source_row

        from {{ ref('stg_social_care__' ~ dataset.replace('ssda903_', '')) }}
        union all
    {%- endfor %}
    select
        authority_code,
        cast(null as integer) as collection_year,
        'health_assessments' as dataset,
        child_key,
        source_file,
        source_row

    from {{ ref('stg_health__health_assessments') }}

),

enrolments as (

    select
        stg.*,
        max(case when enrolment_status_code in ('C', 'M') then coalesce(ended_on, cast('9999-12-31' as date)) end)
            over (
                partition by authority_code, pupil_key
                order by started_on, source_row
                rows between unbounded preceding and 1 preceding
            ) as latest_end_before

    from {{ ref('stg_education__enrolments') }} as stg

),

findings as (

    select
        authority_code,
        collection_year,
        rule_code,
        dataset,
        child_key,
        pupil_key,
        source_file,
        source_row

    from marked
    {%- for rule_code, dataset in rules_about_duplicates %}
        union all
        select
            authority_code,
            collection_year,
            '{{ rule_code }}' as rule_code,
            dataset,
            child_key,
            pupil_key,
            source_file,
            source_row

        from marked
        where rule_code = 'KEY-DUPLICATE' and dataset = '{{ dataset }}' and collection_year is not null
    {%- endfor %}
    {%- for mark in marks_of_neighbours %}
        union all
        select
            authority_code,
            collection_year,
            '{{ mark }}' as rule_code,
            'ssda903_episodes' as dataset,
            child_key,
            cast(null as bigint) as pupil_key,
            source_file,
            source_row

        from arranged
        where {{ has_mark('marks', mark) }}
    {%- endfor %}
    union all
    select
        named.authority_code,
        named.collection_year,
        'CHILD-UNKNOWN' as rule_code,
        named.dataset,
        named.child_key,
        cast(null as bigint) as pupil_key,
        named.source_file,
        named.source_row

    from named
    left join children
        on named.authority_code = children.authority_code
            and named.child_key = children.child_key
    where children.child_key is null
    union all
    select
        enrolments.authority_code,
        cast(null as integer) as collection_year,
        'PUPIL-UNKNOWN' as rule_code,
        'enrolments' as dataset,
        cast(null as bigint) as child_key,
        enrolments.pupil_key,
        enrolments.source_file,
        enrolments.source_row

    from enrolments
    left join pupils
        on enrolments.authority_code = pupils.authority_code
            and enrolments.pupil_key = pupils.pupil_key
    where pupils.pupil_key is null
    union all
    select
        authority_code,
        cast(null as integer) as collection_year,
        'ENROLMENT-OVERLAP' as rule_code,
        'enrolments' as dataset,
        cast(null as bigint) as child_key,
        pupil_key,
        source_file,
        source_row

    from enrolments
    where enrolment_status_code in ('C', 'M') and started_on < latest_end_before
    union all
    select
        sessions.authority_code,
        cast(null as integer) as collection_year,
        'PUPIL-UNKNOWN' as rule_code,
        'attendance' as dataset,
        cast(null as bigint) as child_key,
        sessions.pupil_key,
        cast(null as {{ dbt.type_string() }}) as source_file,
        cast(null as bigint) as source_row

    from (
        select distinct
            authority_code,
            pupil_key

        from {{ ref('fct_attendance_pupil_month') }}
    ) as sessions
    left join pupils
        on sessions.authority_code = pupils.authority_code
            and sessions.pupil_key = pupils.pupil_key
    where pupils.pupil_key is null

),

final as (

    select
        cast(authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(collection_year as integer) as collection_year,
        cast(rule_code as {{ dbt.type_string() }}) as rule_code,
        cast(dataset as {{ dbt.type_string() }}) as dataset,
        cast(child_key as bigint) as child_key,
        cast(pupil_key as bigint) as pupil_key,
        cast(source_file as {{ dbt.type_string() }}) as source_file,
        cast(source_row as bigint) as source_row

    from findings

)

select * from final
