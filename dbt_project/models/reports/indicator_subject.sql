with

subjects as (

    {%- for definition in indicator_definitions() %}
        select
            '{{ definition.id }}' as indicator_id,
            authority_code,
            as_at,
            period,
            subject_key,
            in_denominator,
            in_numerator,
            measure

        from {{ ref(definition.model) }}
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}

),

final as (

    select
        cast(indicator_id as {{ dbt.type_string() }}) as indicator_id,
        cast(authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(as_at as date) as as_at,
        cast(period as {{ dbt.type_string() }}) as period,
        cast(subject_key as bigint) as subject_key,
        cast(in_denominator as bigint) as in_denominator,
        cast(in_numerator as bigint) as in_numerator,
        cast(measure as double) as measure

    from subjects

)

select * from final
