{#- A contact led to a referral if it is the child's last on or before the day of the referral, the referral is the next
    one after it, and no more than the working days of var contact_leads_to_referral_working_days lie between.

    - Contact on Friday, referral on Monday: one working day, decided in time. Referral on Tuesday: two, late.
    - Contact on Saturday, referral on Monday: one. Both on one day: none.
    - Contacts on Monday and Thursday, referral on Thursday: Thursday's led to it, Monday's did not.
    - Two sources made contact on one day: both led to the referral.
    - Referral on the tenth working day: the contact led to it. On the eleventh: it did not.
    - Nothing yet, and the tenth working day is still to come or is tonight: not known. -#}
with

contacts as (

    select *

    from {{ of_children(ref('stg_social_care__annex_a_1_contacts'), 'social_care') }}
    -- two ids may be one child's
    qualify
        row_number() over (
            partition by authority_code, child_key, contact_on, contact_source_code
            order by source_row desc
        ) = 1

),

referrals as (

    select * from {{ ref('int_referrals') }}

),

days as (

    select
        date_day,
        working_day_number

    from {{ ref('dim_date') }}

),

night as (

    select
        night.as_at,
        days.working_day_number

    from {{ ref('stg_warehouse__night') }} as night
    inner join days on night.as_at = days.date_day

),

next_referrals as (

    select
        contacts.authority_code,
        contacts.child_key,
        contacts.contact_on,
        min(referrals.referred_on) as referred_on

    from contacts
    inner join referrals
        on contacts.authority_code = referrals.authority_code
            and contacts.child_key = referrals.child_key
            and contacts.contact_on <= referrals.referred_on
    group by contacts.authority_code, contacts.child_key, contacts.contact_on

),

last_contacts as (

    select *

    from next_referrals
    qualify
        row_number() over (
            partition by authority_code, child_key, referred_on
            order by contact_on desc
        ) = 1

),

timed as (

    select
        contacts.*,
        last_contacts.referred_on,
        days_referred.working_day_number - days_of_contact.working_day_number as working_days_to_referral,
        night.working_day_number - days_of_contact.working_day_number as working_days_to_night,
        night.as_at

    from contacts
    cross join night

    -- left: most contacts end with advice; a day may lie outside the calendar
    left join last_contacts
        on contacts.authority_code = last_contacts.authority_code
            and contacts.child_key = last_contacts.child_key
            and contacts.contact_on = last_contacts.contact_on
    left join days as days_of_contact on contacts.contact_on = days_of_contact.date_day
    left join days as days_referred on last_contacts.referred_on = days_referred.date_day

),

judged as (

    select
        timed.*,
        case
            when working_days_to_referral <= {{ var('contact_leads_to_referral_working_days') }} then true
            when working_days_to_night > {{ var('contact_leads_to_referral_working_days') }} then false
        end as is_referred

    from timed

),

final as (

    select
        -- identifiers
        authority_code,
        child_key,

        -- the contact
        contact_on,
        {{ or_unknown('contact_source_code') }} as contact_source_code,
        contact_on > as_at as is_in_future,

        -- what became of it
        is_referred,
        case when is_referred then referred_on end as referred_on,
        cast(case when is_referred then working_days_to_referral end as integer) as working_days_to_referral,
        case
            when is_referred then working_days_to_referral <= {{ var('referral_decision_due_working_days') }}
        end as is_decided_within_one_working_day,

        -- lineage
        marks,
        source_file,
        source_row

    from judged

)

select * from final
