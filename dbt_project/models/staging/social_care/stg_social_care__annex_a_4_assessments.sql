with

source as (

    select * from {{ source('raw', 'annex_a_4_assessments') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,

        -- codes
        case is_child_seen when 'Y' then true when 'N' then false end as is_child_seen,
        case is_disabled when 'Y' then true when 'N' then false end as is_disabled,
        cast(gender as {{ dbt.type_string() }}) as sex_code,
        cast(ethnicity as {{ dbt.type_string() }}) as ethnicity_code,

        -- dates
        cast(birth_month as date) as birth_month,
        cast(started_on as date) as started_on,
        cast(authorised_on as date) as authorised_on,

        -- texts
        cast(outcome as {{ dbt.type_string() }}) as outcome_wording,
        cast(allocated_team as {{ dbt.type_string() }}) as team_name,

        -- lineage
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
