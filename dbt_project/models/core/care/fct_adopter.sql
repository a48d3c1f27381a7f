{#- Stage 1 (checks) is to take two months and stage 2 (assessment) four (Adoption Agencies Regulations, from July
    2013).
        started 31 December, ended 28 February -> on time     ended 1 March -> not
        not ended, two months not over on the night -> not known yet; over -> not on time -#}
{%- set stages = {
    'stage_1': var('adopter_stage_1_months'), 'stage_2': var('adopter_stage_2_months')
} -%}

with

adopters as (

    select * from {{ ref('stg_social_care__annex_a_11_adopters') }}

),

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

final as (

    select
        adopters.authority_code,
        adopters.adopter_key,
        adopters.adoptive_family_key,
        coalesce(adopters.sex_code, 'U') as sex_code,
        {{ or_unknown('adopters.ethnicity_code') }} as ethnicity_code,
        adopters.is_disabled,
        adopters.is_fostering_for_adoption,
        adopters.enquired_on,
        adopters.stage_1_started_on,
        adopters.stage_1_ended_on,
        adopters.stage_2_started_on,
        adopters.stage_2_ended_on,
        adopters.applied_on,
        adopters.approved_on,
        adopters.matched_on,
        adopters.placed_on,
        adopters.adoption_order_on,
        adopters.left_on,
        adopters.children_placed_count,
        {%- for stage, months in stages.items() %}
            {{ days_between('adopters.' ~ stage ~ '_started_on', 'adopters.' ~ stage ~ '_ended_on') }}
                as days_{{ stage }},
            case
                when adopters.{{ stage }}_ended_on is not null
                    then
                        adopters.{{ stage }}_ended_on
                        <= {{ add_months('adopters.' ~ stage ~ '_started_on', months) }}
                when
                    adopters.left_on is null
                    and night.as_at > {{ add_months('adopters.' ~ stage ~ '_started_on', months) }}
                    then false
            end as is_{{ stage }}_on_time,
        {%- endfor %}
        {{ days_between('adopters.enquired_on', 'adopters.approved_on') }} as days_enquiry_to_approval,
        {{ days_between('adopters.approved_on', 'adopters.matched_on') }} as days_approval_to_match,
        case
            when adopters.left_on is not null then 'left'
            when adopters.adoption_order_on is not null then 'adopted'
            when adopters.placed_on is not null then 'placed'
            when adopters.matched_on is not null then 'matched'
            when adopters.approved_on is not null then 'approved'
            when adopters.stage_2_started_on is not null then 'stage_2'
            when adopters.stage_1_started_on is not null then 'stage_1'
            else 'enquiry'
        end as status,
        adopters.marks,
        adopters.source_file,
        adopters.source_row

    from adopters
    cross join night

)

select * from final
