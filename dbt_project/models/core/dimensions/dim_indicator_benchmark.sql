with

targets as (

    select * from {{ ref('indicator_target') }}

),

comparators as (

    select * from {{ ref('indicator_comparator') }}

),

published as (

    select * from {{ ref('indicator_published') }}

),

final as (

    select
        authority_code,
        indicator_id,
        collection_year,
        'target' as benchmark,
        dimension,
        member,
        'value' as shown_as,
        target as benchmark_value,
        amber_margin,
        cast(null as date) as as_at,
        cast(null as {{ dbt.type_string() }}) as period,
        cast(null as {{ dbt.type_string() }}) as value_of_period,
        is_provisional,
        is_used,
        source_document,
        note

    from targets
    union all
    select
        authority_code,
        indicator_id,
        collection_year,
        comparator as benchmark,
        dimension,
        member,
        shown_as,
        value as benchmark_value,
        cast(null as double) as amber_margin,
        cast(null as date) as as_at,
        cast(null as {{ dbt.type_string() }}) as period,
        value_of_period,
        is_provisional,
        is_used,
        source_document,
        note

    from comparators
    union all
    select
        authority_code,
        indicator_id,
        {{ collection_year_of('as_at') }} as collection_year,
        'published' as benchmark,
        dimension,
        member,
        shown_as,
        value as benchmark_value,
        cast(null as double) as amber_margin,
        as_at,
        period,
        cast(null as {{ dbt.type_string() }}) as value_of_period,
        is_provisional,
        is_used,
        source_document,
        note

    from published

)

select * from final
