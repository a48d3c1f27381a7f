with

headers as (

    select * from {{ ref('int_headers_in_force') }}

),

pupils as (

    select * from {{ ref('stg_education__pupils') }}

),

-- Social care may know the number of a pupil that no school of the area has on its list.
pupil_keys as (

    select
        authority_code,
        pupil_key

    from pupils
    union
    select
        authority_code,
        pupil_key

    from headers
    where pupil_key is not null

),

claims as (

    select
        authority_code,
        pupil_key,
        child_key,
        -- children whose newest return names the pupil: only those of the latest year are heard
        rank() over (
            partition by authority_code, pupil_key
            order by collection_year desc nulls last
        ) as claim_rank

    from headers
    where pupil_key is not null

),

latest_claims as (

    select
        authority_code,
        pupil_key,
        min(child_key) as child_key,
        count(*) as claim_count

    from claims
    where claim_rank = 1
    group by authority_code, pupil_key

),

matched as (

    select
        pupil_keys.authority_code,
        pupil_keys.pupil_key,
        known.child_key as school_child_key,
        supported.child_key as supported_child_key,
        -- two children of the same year cannot both have the number: neither is believed on its word alone
        case when latest_claims.claim_count = 1 then latest_claims.child_key end as sole_child_key,
        coalesce(latest_claims.claim_count, 0) as claim_count

    from pupil_keys

    -- left: a pupil need not be on the list, in a return, or known to social care
    left join pupils
        on
            pupil_keys.authority_code = pupils.authority_code
            and pupil_keys.pupil_key = pupils.pupil_key
    left join latest_claims
        on
            pupil_keys.authority_code = latest_claims.authority_code
            and pupil_keys.pupil_key = latest_claims.pupil_key
    left join headers as known
        on
            pupils.authority_code = known.authority_code
            and pupils.child_key = known.child_key
    left join claims as supported
        on
            pupils.authority_code = supported.authority_code
            and pupils.pupil_key = supported.pupil_key
            and pupils.child_key = supported.child_key
            and supported.claim_rank = 1

),

linked as (

    select
        authority_code,
        pupil_key,
        school_child_key,
        claim_count,
        coalesce(sole_child_key, supported_child_key) as upn_child_key

    from matched

),

final as (

    select
        cast(authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(pupil_key as bigint) as pupil_key,
        cast(coalesce(upn_child_key, school_child_key, pupil_key) as bigint) as child_key,
        cast(
            case
                when upn_child_key is not null then 'upn'
                when school_child_key is not null then 'social_care_id'
                else 'none'
            end as {{ dbt.type_string() }}
        ) as link_rule,
        cast(
            claim_count > 1
            or (upn_child_key is not null and school_child_key is not null and upn_child_key <> school_child_key)
            as boolean
        ) as is_contested

    from linked

)

select * from final
