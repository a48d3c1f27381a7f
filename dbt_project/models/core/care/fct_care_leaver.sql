{#- What is known on the day is what the latest contact by then told, also if it told nothing: a status that was known
    before and is blank now is not known.
        in touch 1 March, attempt 1 May (NO), as at 31 May -> not in touch; 30 days since the contact, 91 since in touch
        plan reviewed 30 November, as at 30 May -> up to date; as at 31 May -> not -#}
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
    where coalesce(eligibility_code, unknown_reason) not in ('none', 'month_of_birth')
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

final as (

    select
        people.authority_code,
        people.child_key,
        people.as_at,
        {{ age_on('people.as_at', 'children.birth_month') }} as age,
        eligibility.eligibility_code,
        coalesce(contacts.recorded_eligibility_code, 'unknown') as recorded_eligibility_code,
        eligibility.is_care_leaver,
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
        contacts.team_name

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
    where
        children.birth_month is null
        or {{ age_on('people.as_at', 'children.birth_month') }} < {{ var('former_relevant_until_age') }}

)

select * from final
