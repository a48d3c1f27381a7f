{#- The one model besides staging that reads what landed: it counts the rows that staging leaves out. -#}
{%- set datasets = [
    'ssda903_header', 'ssda903_episodes', 'ssda903_reviews', 'ssda903_uasc',
    'health_assessments', 'pupils', 'schools', 'enrolments',
] -%}

with

datasets as (

    {%- for dataset in datasets %}
        select
            _authority_code as authority_code,
            '{{ dataset }}' as dataset,
            cast(null as date) as session_month,
            count(*) as rows_landed,
            count(*) filter (where not {{ is_kept('_marks') }}) as rows_duplicate

        from {{ source('raw', dataset) }}
        group by _authority_code
        union all
    {%- endfor %}
    select
        _authority_code as authority_code,
        'attendance' as dataset,
        cast({{ dbt.date_trunc('month', 'session_date') }} as date) as session_month,
        count(*) as rows_landed,
        count(*) filter (where not {{ is_kept('_marks') }}) as rows_duplicate

    from {{ source('raw', 'attendance') }}
    group by _authority_code, cast({{ dbt.date_trunc('month', 'session_date') }} as date)

),

final as (

    select
        authority_code,
        dataset,
        session_month,
        rows_landed,
        rows_duplicate

    from datasets

)

select * from final
