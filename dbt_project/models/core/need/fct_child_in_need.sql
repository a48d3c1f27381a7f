{#- The census and Annex A list 6 meet on the child and the day the episode of need began, which is the day of the
    referral. A referral that led to no further action opened none. As in fct_child_protection_plan the census is heard
    first, and of what goes on after it (the closure) the newer of the two lists is believed:
      census of 1 June open, list of 1 August closed 15 July      closed 15 July
      census of 1 June open, list of 1 May closed 15 April        open
      census of 1 June closed 15 April, list of 1 August open     closed 15 April -#}
with

census as (

    select * from {{ ref('int_cin_referrals_in_force') }}
    where not coalesce(is_no_further_action, false)

),

listed as (

    select *

    from {{ of_children(ref('stg_social_care__annex_a_6_children_in_need'), 'social_care') }}
    qualify
        row_number() over (
            partition by authority_code, child_key, started_on
            order by stamp desc, source_file desc, source_row desc
        ) = 1

),

labels as (

    select
        list_name,
        code,
        label

    from {{ ref('code_list') }}
    where list_name in ('CIN_PRIMARY_NEED', 'CIN_CLOSURE')

),

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

met as (

    select
        coalesce(census.authority_code, listed.authority_code) as authority_code,
        coalesce(census.child_key, listed.child_key) as child_key,
        coalesce(census.referred_on, listed.started_on) as started_on,
        -- the list closes the case where it is the newer one
        listed.ended_on is not null and (census.child_key is null or listed.stamp > census.stamp) as is_closed_by_list,
        census.closed_on,
        census.closure_reason_code,
        listed.ended_on as listed_closed_on,
        listed.closure_reason_code as listed_closure_reason_code,
        coalesce(census.primary_need_code, listed.primary_need_code) as primary_need_code,
        listed.team_name,
        listed.child_key is not null as is_in_annex_a,
        census.child_key is null as is_only_listed,
        case when census.child_key is null then listed.marks else census.marks end as marks,
        coalesce(census.source_file, listed.source_file) as source_file,
        coalesce(census.source_row, listed.source_row) as source_row

    from census
    full join listed
        on census.authority_code = listed.authority_code
            and census.child_key = listed.child_key
            and census.referred_on = listed.started_on

),

merged as (

    select
        authority_code,
        child_key,
        started_on,
        case when is_closed_by_list then listed_closed_on else closed_on end as ended_on,
        primary_need_code,
        case when is_closed_by_list then listed_closure_reason_code else closure_reason_code end as closure_reason_code,
        team_name,
        is_in_annex_a,
        is_only_listed,
        marks,
        source_file,
        source_row

    from met

),

final as (

    select
        -- identifiers
        merged.authority_code,
        merged.child_key,

        -- dates
        merged.started_on,
        merged.ended_on,
        merged.started_on > night.as_at as is_in_future,

        -- what it was about
        {{ or_unknown('merged.primary_need_code') }} as primary_need_code,
        coalesce(needs.label, 'Unknown') as primary_need,
        merged.closure_reason_code,
        closures.label as closure_reason,
        {{ or_unknown('merged.team_name') }} as team_name,

        -- lineage
        case when merged.is_only_listed then 'annex_a_6_children_in_need' else 'cin_details' end as source_dataset,
        merged.is_in_annex_a,
        merged.marks,
        merged.source_file,
        merged.source_row

    from merged
    cross join night

    -- left: the need may not be told, and the case may be open
    left join labels as needs
        on merged.primary_need_code = needs.code
            and needs.list_name = 'CIN_PRIMARY_NEED'
    left join labels as closures
        on merged.closure_reason_code = closures.code
            and closures.list_name = 'CIN_CLOSURE'

)

select * from final
