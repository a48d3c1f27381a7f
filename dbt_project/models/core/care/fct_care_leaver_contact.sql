{#- The operational list is heard first; Annex A list 9 has one latest contact per young person, which adds the team
    where both tell of the day, and is a row of its own where only it does. Where Annex A gives the letter of the
    accommodation and no suitability there is a letter and no code.
    Contact is asked for every eight weeks, counted from the contact before in which the young person was in touch:
        in touch 1 March, next contact 26 April -> 56 days, within eight weeks     27 April -> 57 days, not -#}
with

contacts as (

    select * from {{ of_children(ref('stg_social_care__care_leavers'), 'social_care') }}
    qualify
        row_number() over (
            partition by authority_code, child_key, contact_on
            order by pathway_plan_reviewed_on desc nulls last, source_file desc, source_row desc
        ) = 1

),

inspection_list as (

    select
        *,
        case
            when accommodation_type_code = '0' then '0'
            -- concat takes a blank for nothing
            when accommodation_type_code is not null and accommodation_suitability_code is not null
                then concat(accommodation_type_code, accommodation_suitability_code)
        end as accommodation_code

    from {{ of_children(ref('stg_social_care__annex_a_9_care_leavers'), 'social_care') }}
    where last_contact_on is not null
    qualify
        row_number() over (
            partition by authority_code, child_key, last_contact_on
            order by source_file desc, source_row desc
        ) = 1

),

told as (

    select
        contacts.authority_code,
        contacts.child_key,
        contacts.contact_on,
        'care_leavers' as source_dataset,
        inspection_list.child_key is not null as is_in_annex_a,
        contacts.eligibility_code,
        contacts.in_touch_code,
        contacts.activity_code,
        contacts.accommodation_code,
        substring(contacts.accommodation_code, 1, 1) as accommodation_type_code,
        contacts.pathway_plan_reviewed_on,
        inspection_list.team_name,
        contacts.marks,
        contacts.source_file,
        contacts.source_row

    from contacts

    -- left: the inspection's list has the latest contact only
    left join inspection_list
        on contacts.authority_code = inspection_list.authority_code
            and contacts.child_key = inspection_list.child_key
            and contacts.contact_on = inspection_list.last_contact_on

    union all

    select
        inspection_list.authority_code,
        inspection_list.child_key,
        inspection_list.last_contact_on as contact_on,
        'annex_a_9_care_leavers' as source_dataset,
        true as is_in_annex_a,
        cast(null as {{ dbt.type_string() }}) as eligibility_code,
        inspection_list.in_touch_code,
        inspection_list.activity_code,
        inspection_list.accommodation_code,
        inspection_list.accommodation_type_code,
        inspection_list.pathway_plan_reviewed_on,
        inspection_list.team_name,
        inspection_list.marks,
        inspection_list.source_file,
        inspection_list.source_row

    from inspection_list

    -- left: only what the operational list does not tell
    left join contacts
        on inspection_list.authority_code = contacts.authority_code
            and inspection_list.child_key = contacts.child_key
            and inspection_list.last_contact_on = contacts.contact_on
    where contacts.child_key is null

),

in_order as (

    select
        *,
        max(case when in_touch_code = 'YES' then contact_on end) over (
            partition by authority_code, child_key
            order by contact_on
            rows between unbounded preceding and 1 preceding
        ) as in_touch_before_on

    from told

),

activities as (

    select * from {{ ref('dim_care_leaver_activity') }}

),

accommodation as (

    select * from {{ ref('dim_care_leaver_accommodation') }}

),

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

final as (

    select
        in_order.authority_code,
        in_order.child_key,
        in_order.contact_on,
        in_order.source_dataset,
        in_order.is_in_annex_a,
        {{ or_unknown('in_order.eligibility_code') }} as recorded_eligibility_code,
        {{ or_unknown('in_order.in_touch_code') }} as in_touch_code,
        case
            when in_order.in_touch_code = 'YES' then true
            when in_order.in_touch_code in ('NO', 'REFU', 'NREQ') then false
        end as is_in_touch,
        in_order.in_touch_before_on,
        {{ days_between('in_order.in_touch_before_on', 'in_order.contact_on') }} as days_since_in_touch_before,
        {{ days_between('in_order.in_touch_before_on', 'in_order.contact_on') }}
        <= {{ var('care_leaver_contact_due_days') }} as is_within_eight_weeks,
        {{ or_unknown('in_order.activity_code') }} as activity_code,
        activities.is_in_education_employment_training,
        {{ or_unknown('in_order.accommodation_code') }} as accommodation_code,
        {{ or_unknown('in_order.accommodation_type_code') }} as accommodation_type_code,
        accommodation.is_suitable as is_in_suitable_accommodation,
        in_order.pathway_plan_reviewed_on,
        in_order.team_name,
        in_order.contact_on > night.as_at as is_in_future,
        in_order.marks,
        in_order.source_file,
        in_order.source_row

    from in_order
    cross join night

    -- left: a code that is blank or outside the list is not judged
    left join activities on in_order.activity_code = activities.activity_code
    left join accommodation on in_order.accommodation_code = accommodation.accommodation_code

)

select * from final
