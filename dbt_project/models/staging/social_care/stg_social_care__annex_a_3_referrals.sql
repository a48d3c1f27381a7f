with

source as (

    select * from {{ source('raw', 'annex_a_3_referrals') }}
    where {{ is_kept('_marks') }}

),

final as (

    select
        -- identifiers
        cast(_authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(child_key as bigint) as child_key,

        -- codes
        cast(referral_source as {{ dbt.type_string() }}) as referral_source_code,
        case is_referral_without_action when 'Y' then true when 'N' then false end as is_no_further_action,
        cast(gender as {{ dbt.type_string() }}) as sex_code,
        cast(ethnicity as {{ dbt.type_string() }}) as ethnicity_code,

        -- dates
        cast(birth_month as date) as birth_month,
        cast(referral_date as date) as referred_on,

        -- numbers
        cast(number_of_referrals as integer) as number_of_referrals,

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
