{#- The census and Annex A list 3 meet on the child and the day.

    - Referred on 1 June in the census and in the list: one row, told by the census; the list adds the team.
    - The list has two rows of one day, from the school and from the police: one row, the one that led further.
    - Only the list has it: one row, told by the list; the case is not known to have closed. -#}
with

census as (

    select * from {{ ref('int_cin_referrals_in_force') }}

),

list as (

    select *

    from {{ of_children(ref('stg_social_care__annex_a_3_referrals'), 'social_care') }}
    qualify
        row_number() over (
            partition by authority_code, child_key, referred_on
            order by case when is_no_further_action then 1 else 0 end, source_row desc
        ) = 1

),

final as (

    select
        coalesce(census.authority_code, list.authority_code) as authority_code,
        coalesce(census.child_key, list.child_key) as child_key,
        coalesce(census.referred_on, list.referred_on) as referred_on,
        case when census.child_key is null then 'annex_a_3_referrals' else 'cin_details' end as source_dataset,
        coalesce(census.referral_source_code, list.referral_source_code) as referral_source_code,
        census.primary_need_code,
        coalesce(census.is_no_further_action, list.is_no_further_action) as is_no_further_action,
        census.closed_on,
        census.closure_reason_code,
        census.initial_conference_on,
        list.team_name,
        case when census.child_key is null then list.marks else census.marks end as marks,
        coalesce(census.source_file, list.source_file) as source_file,
        coalesce(census.source_row, list.source_row) as source_row

    from census
    full join list
        on census.authority_code = list.authority_code
            and census.child_key = list.child_key
            and census.referred_on = list.referred_on

)

select * from final
