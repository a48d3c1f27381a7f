{#- A repeat is a referral within 12 months of an earlier one of the child, the day itself a year later included,
    whatever became of the earlier one:
    - 1 June 2016 and 1 June 2017 (365 days): a repeat. 1 June 2016 and 2 June 2017: not.
    - 1 March 2015 and 1 March 2016 (366 days, over 29 February): a repeat.
    - 29 February 2016 and 28 February 2017: a repeat. 29 February 2016 and 1 March 2017: not.
    - three referrals, each eleven months after the one before: the second and the third are repeats.
    None is known within 12 months, and the census of the referral's year or of the year before is missing: not known.

    It led to an assessment if one belongs to it. While the case is open and was not closed without further action, one
    may still come: not known. -#}
with

referrals as (

    select * from {{ ref('int_referrals') }}

),

assessments as (

    select
        authority_code,
        child_key,
        referred_on,
        min(started_on) as first_assessment_started_on

    from {{ ref('fct_assessment') }}
    where referred_on is not null
    group by authority_code, child_key, referred_on

),

contacts as (

    select
        authority_code,
        child_key,
        referred_on,
        max(contact_on) as contact_on,
        min(working_days_to_referral) as working_days_from_contact,
        min(case when is_decided_within_one_working_day then 1 else 0 end) = 1 as is_decided_within_one_working_day

    from {{ ref('fct_contact') }}
    where referred_on is not null
    group by authority_code, child_key, referred_on

),

census_years as (

    select distinct
        authority_code,
        coalesce(collection_year, {{ collection_year_of('stamp') }}) as collection_year

    from {{ ref('stg_social_care__cin_details') }}

),

labels as (

    select
        list_name,
        code,
        label

    from {{ ref('code_list') }}

),

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

followed as (

    select
        referrals.*,
        {{ collection_year_of('referred_on') }} as collection_year,
        lag(referred_on) over (
            partition by authority_code, child_key
            order by referred_on
        ) as previous_referred_on

    from referrals

),

final as (

    select
        -- identifiers
        followed.authority_code,
        followed.child_key,

        -- dates
        followed.referred_on,
        followed.closed_on,
        followed.referred_on > night.as_at as is_in_future,

        -- the referral
        {{ or_unknown('followed.referral_source_code') }} as referral_source_code,
        {{ or_unknown('followed.primary_need_code') }} as primary_need_code,
        coalesce(needs.label, 'Unknown') as primary_need,
        followed.is_no_further_action,
        followed.closure_reason_code,
        reasons.label as closure_reason,
        {{ or_unknown('followed.team_name') }} as team_name,

        -- referrals before
        followed.previous_referred_on,
        {{ days_between('followed.previous_referred_on', 'followed.referred_on') }} as days_since_previous_referral,
        case
            when
                {{ add_months('followed.previous_referred_on', var('repeat_referral_months')) }} >= followed.referred_on
                then true
            when this_year.collection_year is not null and year_before.collection_year is not null then false
        end as is_repeat_within_12_months,

        -- the contact that led to it
        contacts.contact_on,
        contacts.working_days_from_contact,
        contacts.is_decided_within_one_working_day,

        -- what it led to
        assessments.first_assessment_started_on,
        case
            when assessments.first_assessment_started_on is not null then true
            when followed.is_no_further_action or followed.closed_on is not null then false
        end as is_assessed,

        -- lineage
        followed.source_dataset,
        followed.marks,
        followed.source_file,
        followed.source_row

    from followed
    cross join night

    -- left: most referrals have no contact in the list, and those without further action no assessment
    left join contacts
        on followed.authority_code = contacts.authority_code
            and followed.child_key = contacts.child_key
            and followed.referred_on = contacts.referred_on
    left join assessments
        on followed.authority_code = assessments.authority_code
            and followed.child_key = assessments.child_key
            and followed.referred_on = assessments.referred_on

    -- left: the census of a year may be missing
    left join census_years as this_year
        on followed.authority_code = this_year.authority_code
            and followed.collection_year = this_year.collection_year
    left join census_years as year_before
        on followed.authority_code = year_before.authority_code
            and followed.collection_year - 1 = year_before.collection_year

    -- left: a code may be blank
    left join labels as needs
        on followed.primary_need_code = needs.code
            and needs.list_name = 'CIN_PRIMARY_NEED'
    left join labels as reasons
        on followed.closure_reason_code = reasons.code
            and reasons.list_name = 'CIN_CLOSURE'

)

select * from final
