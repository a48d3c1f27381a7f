{#- A conference is told of by the enquiries that led to it, or by the referral itself where none did.

    - Two enquiries of 1 and 8 March, one conference on 22 March: one row. Its clock started on 1 March: whoever was
      first at risk waited since then.
    - A conference of a referral without an enquiry: the child came from another authority with a plan. No clock here.

    A plan was made if one started on the day of the conference or within the days of var plan_after_conference_days:
    - conference on 1 March, plan from 1 March or from 8 March: made. Plan from 9 March or 28 February: not this one.
    - no such plan: what Annex A says; if it says nothing, not made, once those days are over and the census of their year
      is in force; before that it is not known -#}
with

enquiries as (

    select * from {{ ref('fct_section47_enquiry') }}
    where conference_on is not null

),

referrals as (

    select * from {{ ref('int_referrals') }}
    where initial_conference_on is not null

),

plans as (

    select * from {{ ref('fct_child_protection_plan') }}

),

census_years as (

    select distinct
        authority_code,
        coalesce(collection_year, {{ collection_year_of('stamp') }}) as collection_year

    from {{ ref('stg_social_care__cin_details') }}

),

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

told as (

    select
        authority_code,
        child_key,
        conference_on,
        referred_on,
        started_on as enquiry_started_on,
        conference_due_on as due_on,
        working_days_to_conference as working_days_from_enquiry,
        case conference_timeliness when 'on_time' then true when 'late' then false end as is_on_time,
        is_plan_made_as_told,
        source_dataset,
        source_file,
        source_row

    from enquiries

    union all

    select
        authority_code,
        child_key,
        initial_conference_on as conference_on,
        referred_on,
        cast(null as date) as enquiry_started_on,
        cast(null as date) as due_on,
        cast(null as integer) as working_days_from_enquiry,
        cast(null as boolean) as is_on_time,
        cast(null as boolean) as is_plan_made_as_told,
        source_dataset,
        source_file,
        source_row

    from referrals

),

conferences as (

    select
        told.*,
        {{ add_days('conference_on', var('plan_after_conference_days')) }} as plan_by

    from told
    qualify
        row_number() over (
            partition by authority_code, child_key, conference_on
            order by enquiry_started_on nulls last, referred_on
        ) = 1

),

-- Of several enquiries each may have an answer of its own: one plan is a plan.
answers as (

    select
        authority_code,
        child_key,
        conference_on,
        max(case when is_plan_made_as_told then 1 when not is_plan_made_as_told then 0 end) = 1 as is_plan_made_as_told

    from told
    group by authority_code, child_key, conference_on

),

plans_made as (

    select
        conferences.authority_code,
        conferences.child_key,
        conferences.conference_on,
        min(plans.started_on) as plan_started_on

    from conferences
    inner join plans
        on conferences.authority_code = plans.authority_code
            and conferences.child_key = plans.child_key
            and plans.started_on between conferences.conference_on and conferences.plan_by
    group by conferences.authority_code, conferences.child_key, conferences.conference_on

),

final as (

    select
        -- identifiers
        conferences.authority_code,
        conferences.child_key,

        -- dates
        conferences.conference_on,
        conferences.referred_on,
        conferences.enquiry_started_on,
        conferences.conference_on > night.as_at as is_in_future,

        -- in time
        conferences.due_on,
        conferences.working_days_from_enquiry,
        conferences.is_on_time,

        -- what became of it
        plans_made.plan_started_on,
        case
            when plans_made.plan_started_on is not null then true
            when answers.is_plan_made_as_told is not null then answers.is_plan_made_as_told
            when conferences.plan_by < night.as_at and census_years.collection_year is not null then false
        end as is_plan_made,

        -- lineage
        conferences.source_dataset,
        conferences.source_file,
        conferences.source_row

    from conferences
    cross join night
    inner join answers
        on conferences.authority_code = answers.authority_code
            and conferences.child_key = answers.child_key
            and conferences.conference_on = answers.conference_on

    -- left: the census of the year may be still to come
    left join census_years
        on conferences.authority_code = census_years.authority_code
            and {{ collection_year_of('conferences.plan_by') }} = census_years.collection_year

    -- left: not every conference makes a plan
    left join plans_made
        on conferences.authority_code = plans_made.authority_code
            and conferences.child_key = plans_made.child_key
            and conferences.conference_on = plans_made.conference_on

)

select * from final
