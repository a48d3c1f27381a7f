with

source as (

    select * from {{ source('raw', 'ssda903_episodes') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,
        cast(urn as integer) as provider_urn,
        cast(home_post_key as bigint) as home_postcode_key,
        cast(pl_post_key as bigint) as placement_postcode_key,

        -- codes
        cast(rne as {{ dbt.type_string() }}) as new_episode_reason_code,
        cast(ls as {{ dbt.type_string() }}) as legal_status_code,
        cast(cin as {{ dbt.type_string() }}) as category_of_need_code,
        cast(place as {{ dbt.type_string() }}) as placement_type_code,
        cast(place_provider as {{ dbt.type_string() }}) as provider_code,
        cast(rec as {{ dbt.type_string() }}) as end_reason_code,
        cast(reason_place_change as {{ dbt.type_string() }}) as placement_change_reason_code,

        -- derived on landing
        cast(home_authority_code as {{ dbt.type_string() }}) as home_authority_code,
        cast(placement_authority_code as {{ dbt.type_string() }}) as placement_authority_code,
        cast(is_placement_in_authority as boolean) as is_placement_in_authority,
        cast(distance_miles as decimal(5, 1)) as distance_miles,
        cast(distance_missing_reason_code as {{ dbt.type_string() }}) as distance_missing_reason_code,

        -- dates
        cast(decom as date) as started_on,
        cast(dec as date) as ended_on,

        -- lineage
        cast(_collection_year as integer) as collection_year,
        cast(_stamp as timestamp) as stamp,
        cast(_marks as {{ dbt.type_string() }}) as marks,
        cast(_source_file as {{ dbt.type_string() }}) as source_file,
        cast(_source_row as bigint) as source_row

    from source

)

select * from final
