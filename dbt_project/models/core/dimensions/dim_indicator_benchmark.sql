with

targets as (

    select * from {{ ref('indicator_target') }}

),

comparators as (

    select * from {{ ref('indicator_comparator') }}

),

final as (

    select
        authority_code,
        indicator_id,
        collection_year,
        'target' as benchmark,
        target as benchmark_value,
        amber_margin,
        cast(null as {{ dbt.type_string() }}) as value_of_period,
        source_document

    from targets
    union all
    select
        authority_code,
        indicator_id,
        collection_year,
        comparator as benchmark,
        value as benchmark_value,
        cast(null as double) as amber_margin,
        value_of_period,
        source_document

    from comparators

)

select * from final
