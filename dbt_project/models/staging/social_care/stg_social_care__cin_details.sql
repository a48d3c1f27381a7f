with

source as (

    select * from {{ source('raw', 'cin_details') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,
        cast(cin_details_id as integer) as cin_details_id,

        -- codes
        cast(referral_source as {{ dbt.type_string() }}) as referral_source_code,
        cast(primary_need_code as {{ dbt.type_string() }}) as primary_need_code,
        cast(reason_for_closure as {{ dbt.type_string() }}) as closure_reason_code,
        case is_referral_without_action when '1' then true when '0' then false end as is_no_further_action,

        -- dates
        cast(referral_date as date) as referred_on,
        cast(closure_date as date) as closed_on,
        cast(initial_conference_date as date) as initial_conference_on,

        -- lineage
        cast(_collection_year as integer) as collection_year,
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
