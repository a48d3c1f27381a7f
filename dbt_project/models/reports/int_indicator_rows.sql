{#- `counted` is a constant of each branch, so that who reads one kind never computes the others. -#}
with

indicator_rows as (

    {%- for definition in indicator_definitions() %}
        select
            '{{ definition.id }}' as indicator_id,
            '{{ definition.counted }}' as counted,
            authority_code,
            as_at,
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
        cast(counted as {{ dbt.type_string() }}) as counted,
        cast(authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(as_at as date) as as_at,
        cast(subject_key as bigint) as subject_key,
        cast(in_denominator as bigint) as in_denominator,
        cast(in_numerator as bigint) as in_numerator,
        cast(measure as double) as measure

    from indicator_rows

)

select * from final
