with

source as (

    select * from {{ source('raw', 'attainment') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(pupil_key as bigint) as pupil_key,
        cast(child_key as bigint) as child_key,

        -- codes
        cast(stage as {{ dbt.type_string() }}) as stage_code,
        cast(subject as {{ dbt.type_string() }}) as subject,
        cast(measure as {{ dbt.type_string() }}) as measure,

        -- dates
        cast(result_year as integer) as result_year,

        -- texts
        cast(result as {{ dbt.type_string() }}) as result,

        -- lineage
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
