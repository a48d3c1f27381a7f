with

definitions as (

    {%- for definition in indicator_definitions() %}
        select
            {{ text_literal(definition.id) }} as indicator_id,
            cast({{ definition.definition_version }} as integer) as definition_version,
            {{ text_literal(definition.title) }} as title,
            {{ text_literal(definition.definition) }} as definition,
            {{ text_literal(definition.statutory_source) }} as statutory_source,
            {{ text_literal(definition.definition_owner) }} as definition_owner,
            {{ text_literal(definition.unit) }} as unit,
            cast({{ definition.decimals }} as integer) as decimals,
            {{ text_literal(definition.direction) }} as direction,
            {{ text_literal(definition.cadence) }} as cadence,
            {{ text_literal(definition.owner) }} as owner,
            {{ text_literal(definition.subject) }} as subject,
            {{ text_literal(definition.periods | default([], true) | join(' ')) }} as periods,
            {{ text_literal(definition.datasets | default([], true) | join(' ')) }} as datasets,
            cast({{ text_literal(definition.valid_from | default(none)) }} as date) as valid_from,
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
