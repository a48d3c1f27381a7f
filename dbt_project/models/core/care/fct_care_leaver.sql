{#- What is known on the day is what the latest contact by then told, also if it told nothing: a status that was known
    before and is blank now is not known.
        in touch 1 March, attempt 1 May (NO), as at 31 May -> not in touch; 30 days since the contact, 91 since in touch
        plan reviewed 30 November, as at 30 May -> up to date; as at 31 May -> not
    The rule goes before what was recorded, except that before April 2018 the rule does not know who was supported past
    21 because of education: there a record of the last twelve months counts. -#}
with

reporting_dates as (

    select as_at from {{ ref('dim_reporting_date') }}

),

eligibility as (

    select * from {{ ref('fct_leaving_care_eligibility') }}

),

contacts as (

    select
        contacts.*,
        reporting_dates.as_at,
        max(case when contacts.is_in_touch then contacts.contact_on end) over (
            partition by contacts.authority_code, contacts.child_key, reporting_dates.as_at
        ) as in_touch_on

    from {{ ref('fct_care_leaver_contact') }} as contacts
    inner join reporting_dates
        on contacts.contact_on <= reporting_dates.as_at
    qualify
        row_number() over (
            partition by contacts.authority_code, contacts.child_key, reporting_dates.as_at
            order by contacts.contact_on desc
        ) = 1

),

plan_reviews as (

    select
        reviews.authority_code,
        reviews.child_key,
        reporting_dates.as_at,
        max(reviews.held_on) as reviewed_on

    from {{ ref('fct_pathway_plan_review') }} as reviews
    inner join reporting_dates
        on reviews.held_on <= reporting_dates.as_at
    group by reviews.authority_code, reviews.child_key, reporting_dates.as_at

),

people as (

    select
        authority_code,
        child_key,
        as_at

    from eligibility
    where
        coalesce(eligibility_code, unknown_reason) not in ('none', 'month_of_birth')
        or is_or_was_former_relevant
    union
    select
        authority_code,
        child_key,
        as_at

    from contacts

),

children as (

    select * from {{ ref('dim_child') }}
    where is_current

),

told as (

    select
        people.authority_code,
        people.child_key,
        people.as_at,
        {{ age_on('people.as_at', 'children.birth_month') }} as age,
        eligibility.eligibility_code,
        coalesce(contacts.recorded_eligibility_code, 'unknown') as recorded_eligibility_code,
        eligibility.is_care_leaver,
        eligibility.is_or_was_former_relevant,
        contacts.recorded_eligibility_code in ('relevant', 'former_relevant', 'qualifying')
            as is_recorded_care_leaver,
        case
            when contacts.recorded_eligibility_code in ('eligible', 'relevant', 'former_relevant') then true
            when contacts.recorded_eligibility_code = 'qualifying' then false
        end as is_recorded_former_relevant,
        contacts.contact_on as last_contact_on,
        {{ days_between('contacts.contact_on', 'people.as_at') }} as days_since_contact,
        coalesce(contacts.in_touch_code, 'unknown') as in_touch_code,
        contacts.is_in_touch,
        case
            when contacts.in_touch_code in ('DIED', 'RHOM') then false
            when contacts.in_touch_code <> 'unknown' then true
        end as is_in_population,
        contacts.in_touch_on as last_in_touch_on,
        {{ days_between('contacts.in_touch_on', 'people.as_at') }} as days_since_in_touch,
        {{ days_between('contacts.in_touch_on', 'people.as_at') }}
        <= {{ var('care_leaver_contact_due_days') }} as is_in_touch_within_eight_weeks,
        coalesce(contacts.activity_code, 'unknown') as activity_code,
        contacts.is_in_education_employment_training,
        coalesce(contacts.accommodation_code, 'unknown') as accommodation_code,
        coalesce(contacts.accommodation_type_code, 'unknown') as accommodation_type_code,
        contacts.is_in_suitable_accommodation,
        plan_reviews.reviewed_on as pathway_plan_reviewed_on,
        people.as_at <= {{ add_months('plan_reviews.reviewed_on', var('pathway_plan_review_due_months')) }}
            as is_pathway_plan_up_to_date,
        contacts.team_name,
        children.birth_month

    from people

    -- left: who is told of only by contacts need not be known to care
    left join eligibility
        on people.authority_code = eligibility.authority_code
            and people.child_key = eligibility.child_key
            and people.as_at = eligibility.as_at

    -- left: nobody need have been in contact, nor the plan reviewed
    left join contacts
        on people.authority_code = contacts.authority_code
            and people.child_key = contacts.child_key
            and people.as_at = contacts.as_at
    left join plan_reviews
        on people.authority_code = plan_reviews.authority_code
            and people.child_key = plan_reviews.child_key
            and people.as_at = plan_reviews.as_at

    -- left: a month of birth that is not known excludes nobody
    left join children
        on people.authority_code = children.authority_code
            and people.child_key = children.child_key

),

final as (

    select
        authority_code,
        child_key,
        as_at,
        age,
        eligibility_code,
        recorded_eligibility_code,
        is_care_leaver,
        is_or_was_former_relevant,
        case
            when not is_in_population or eligibility_code = 'eligible' then false
            when is_care_leaver then true
            when is_care_leaver = false
                then is_or_was_former_relevant
                    and coalesce(is_recorded_care_leaver and days_since_contact <= 365, false)
            when is_recorded_care_leaver then true
            when recorded_eligibility_code = 'eligible' then false
        end as is_supported,
        case
            when not is_in_population or age not between 19 and 21 then false
            when age is not null then coalesce(is_or_was_former_relevant, is_recorded_former_relevant)
        end as is_in_national_cohort,
        last_contact_on,
        days_since_contact,
        in_touch_code,
        is_in_touch,
        is_in_population,
        last_in_touch_on,
        days_since_in_touch,
        is_in_touch_within_eight_weeks,
        activity_code,
        is_in_education_employment_training,
        accommodation_code,
        accommodation_type_code,
        is_in_suitable_accommodation,
        pathway_plan_reviewed_on,
        is_pathway_plan_up_to_date,
        team_name

    from told
    where
        birth_month is null
        or age < {{ var('former_relevant_until_age') }}

)

select * from final
