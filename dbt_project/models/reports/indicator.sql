{%- set rounding = {
    0: 'Half up to a whole number.', 1: 'Half up to one decimal.', 2: 'Half up to two decimals.',
    3: 'Half up to three decimals.',
} -%}

-- One select of thirty columns for each of some hundred indicators is more than the linter reads.
-- sqlfluff:ignore:parsing
with

definitions as (

    {%- for definition in indicator_definitions() %}
        select
            {{ text_literal(definition.id) }} as indicator_id,
            cast({{ definition.definition_version }} as integer) as definition_version,
            {{ text_literal(definition.title) }} as title,
            {{ text_literal(definition.definition) }} as definition,
            {{ text_literal(definition.population) }} as population,
            {{ text_literal(definition.numerator) }} as numerator,
            {{ text_literal(definition.exclusions) }} as exclusions,
            {{ text_literal(definition.clock) }} as clock,
            {{ text_literal(rounding[definition.decimals]) }} as rounding,
            {{ text_literal(definition.reading | default(none)) }} as reading,
            {{ text_literal(definition.statutory_source) }} as statutory_source,
            {{ text_literal(definition.definition_owner) }} as definition_owner,
            {{ text_literal(definition.owner) }} as owner,
            {{ text_literal(definition.unit) }} as unit,
            cast({{ definition.decimals }} as integer) as decimals,
            cast({{ definition.parts | default(1) }} as integer) as parts_per_unit,
            {{ text_literal(definition.direction) }} as direction,
            {{ text_literal(definition.cadence) }} as cadence,
            {{ text_literal(definition.subject) }} as subject,
            {{ text_literal(definition.counted) }} as counted,
            {{ text_literal(definition.counts) }} as counts,
            {{ text_literal(definition.interval) }} as interval_method,
            {{ text_literal(definition.periods | default([], true) | join(' ')) }} as periods,
            {{ text_literal(definition.datasets | default([], true) | join(' ')) }} as datasets,
            {{ text_literal(definition.denominator | default(none)) }} as population_group,
            {{ text_literal(definition.catalogue | default([], true) | join(' ')) }} as catalogue_ids,
            {{ text_literal(definition.references | default([], true) | join(', ')) }} as reference_numbers,
            cast({{ text_literal(definition.valid_from | default(none)) }} as date) as valid_from,
            cast({{ text_literal(definition.valid_to | default(none)) }} as date) as valid_to,
            {{ text_literal(definition.model) }} as model_name
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}

),

final as (

    select * from definitions

)

select * from final
