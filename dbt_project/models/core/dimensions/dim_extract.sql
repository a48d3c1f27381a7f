with

extracts as (

    select * from {{ ref('stg_warehouse__extracts') }}

),

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

final as (

    select
        extracts.authority_code,
        extracts.source,
        extracts.dataset,
        extracts.scope,
        extracts.source_file,
        extracts.file_name,
        extracts.collection_year,
        extracts.extract_date,
        extracts.generated_at,
        {{ days_between('extracts.extract_date', 'night.as_at') }} as age_in_days,
        extracts.rows_read,
        extracts.rows_loaded,
        extracts.rows_refused,
        extracts.rows_in_force

    from extracts
    cross join night

)

select * from final
