with

source as (

    select * from {{ source('raw', 'annex_a_5_section47') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,

        -- codes
        case is_conference_unnecessary when 'Y' then true when 'N' then false end as is_conference_not_required,
        case is_plan_made when 'Y' then true when 'N' then false end as is_plan_made,
        case is_disabled when 'Y' then true when 'N' then false end as is_disabled,
        cast(gender as {{ dbt.type_string() }}) as sex_code,
        cast(ethnicity as {{ dbt.type_string() }}) as ethnicity_code,

        -- dates
        cast(birth_month as date) as birth_month,
        cast(started_on as date) as started_on,
        cast(conference_date as date) as conference_on,

        -- numbers
        cast(number_of_enquiries as integer) as number_of_enquiries,
        cast(number_of_conferences as integer) as number_of_conferences,

        -- texts
        cast(allocated_team as {{ dbt.type_string() }}) as team_name,

        -- lineage
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
