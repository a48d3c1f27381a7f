with

source as (

    select * from {{ source('raw', 'peps') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(pep_id as {{ dbt.type_string() }}) as plan_id,
        cast(child_key as bigint) as child_key,
        cast(pupil_key as bigint) as pupil_key,

        -- codes
        cast(term as {{ dbt.type_string() }}) as term,
        cast(pep_quality as {{ dbt.type_string() }}) as quality_code,
        case child_views when 'Y' then true when 'N' then false end as has_child_views,

        -- dates
        cast(school_year as integer) as school_year,
        cast(meeting_on as date) as meeting_on,
        cast(completed_on as date) as completed_on,

        -- measures
        cast(pupil_premium_planned as decimal(18, 4)) as pupil_premium_planned,

        -- lineage
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
