with

source as (

    select * from {{ source('raw', 'ssda903_oc2') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,

        -- codes
        cast(sdq_reason as {{ dbt.type_string() }}) as sdq_reason_code,
        cast(convicted as {{ dbt.type_string() }}) as convicted_code,
        cast(health_check as {{ dbt.type_string() }}) as health_check_code,
        cast(immunisations as {{ dbt.type_string() }}) as immunisations_code,
        cast(teeth_check as {{ dbt.type_string() }}) as teeth_check_code,
        cast(health_assessment as {{ dbt.type_string() }}) as health_assessment_code,
        cast(substance_misuse as {{ dbt.type_string() }}) as substance_misuse_code,
        cast(intervention_received as {{ dbt.type_string() }}) as intervention_received_code,
        cast(intervention_offered as {{ dbt.type_string() }}) as intervention_offered_code,

        -- dates
        cast(birth_month as date) as birth_month,

        -- measures
        cast(sdq_score as integer) as sdq_score,

        -- lineage
        cast(_collection_year as integer) as collection_year,
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
