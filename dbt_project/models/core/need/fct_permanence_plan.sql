{#- Councils word the plan as they like; words differ in case, endings and punctuation. What is meant is told by the first
    of these that the words hold: adoption before fostering, because of fostering for adoption. -#}
{%- set meant_by = [
    ('adoption', ['adopt']),
    ('guardianship', ['guardian', 'sgo', 'arrangements order', 'cao']),
    ('return_home', ['return', 'rehabilitat', 'reunif']),
    ('long_term_fostering', ['foster']),
    ('residential', ['residential']),
    ('supported_living', ['supported', 'independen']),
] -%}
with

periods as (

    select
        periods.*,
        lower(trim(permanence_plan)) as words

    from {{ of_children(ref('stg_social_care__annex_a_8_children_in_care'), 'social_care') }} as periods
    qualify
        row_number() over (
            partition by authority_code, child_key, started_on
            order by stamp desc, source_file desc, source_row desc
        ) = 1

),

final as (

    select
        -- identifiers
        authority_code,
        child_key,

        -- dates
        started_on,
        ended_on,

        -- the plan
        case
            {%- for code, parts in meant_by %}
            when
                {%- for part in parts %}
                {{ 'or ' if not loop.first }}words like '%{{ part }}%'
                {%- endfor %}
                then '{{ code }}'
            {%- endfor %}
            when coalesce(words, '') = '' then 'unknown'
            else 'other'
        end as permanence_plan_code,

        -- lineage
        marks,
        source_file,
        source_row

    from periods

)

select * from final
