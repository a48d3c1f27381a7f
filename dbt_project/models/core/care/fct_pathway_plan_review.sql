{#- A pathway plan is reviewed at least every six months (Care Leavers Regulations 2010). No list says when
    a plan was made, so the first review known has no clock; from then on each sets the clock of the next.
        28 February -> due 28 August     31 August -> due 28 or 29 February     held on the day -> on_time, a day later
        -> late
    The next is due while the young person is supported: until 25, until 21 where it falls due before April 2018; and
    not after a contact that says they died, have been home for six months or need no services (DIED, RHOM, NREQ). -#}
with

contacts as (

    select * from {{ ref('fct_care_leaver_contact') }}

),

reviews as (

    select
        authority_code,
        child_key,
        pathway_plan_reviewed_on as held_on,
        'care_leavers' as source_dataset,
        source_file,
        source_row

    from {{ of_children(ref('stg_social_care__care_leavers'), 'social_care') }}
    where pathway_plan_reviewed_on is not null
    union all
    select
        authority_code,
        child_key,
        pathway_plan_reviewed_on as held_on,
        'annex_a_9_care_leavers' as source_dataset,
        source_file,
        source_row

    from {{ of_children(ref('stg_social_care__annex_a_9_care_leavers'), 'social_care') }}
    where pathway_plan_reviewed_on is not null

),

held as (

    select
        authority_code,
        child_key,
        held_on,
        source_dataset,
        source_file,
        source_row

    from reviews
    -- a review is told of at every contact after it: the first that tells counts
    qualify
        row_number() over (
            partition by authority_code, child_key, held_on
            order by case source_dataset when 'care_leavers' then 0 else 1 end, source_file, source_row
        ) = 1

),

numbered as (

    select
        *,
        cast(row_number() over child_reviews as integer) as review_number,
        lag(held_on) over child_reviews as held_before_on,
        lead(held_on) over child_reviews as held_next_on

    from held
    window child_reviews as (
        partition by authority_code, child_key
        order by held_on
    )

),

children as (

    select * from {{ ref('dim_child') }}
    where is_current

),

latest_contacts as (

    select *

    from contacts
    qualify
        row_number() over (
            partition by authority_code, child_key
            order by contact_on desc
        ) = 1

),

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

judged as (

    select
        numbered.authority_code,
        numbered.child_key,
        numbered.held_on as review_on,
        true as is_held,
        numbered.review_number,
        {{ add_months('numbered.held_before_on', var('pathway_plan_review_due_months')) }} as due_on,
        numbered.held_on,
        case
            when numbered.held_before_on is null then 'no_clock'
            when
                numbered.held_on
                <= {{ add_months('numbered.held_before_on', var('pathway_plan_review_due_months')) }}
                then 'on_time'
            else 'late'
        end as timeliness,
        numbered.held_on > night.as_at as is_in_future,
        numbered.source_dataset,
        numbered.source_file,
        numbered.source_row

    from numbered
    cross join night

),

next_due as (

    select
        numbered.authority_code,
        numbered.child_key,
        numbered.review_number + 1 as review_number,
        {{ add_months('numbered.held_on', var('pathway_plan_review_due_months')) }} as due_on,
        children.birth_month

    from numbered

    -- left: a young person whose month of birth is not known is still supported
    left join children
        on numbered.authority_code = children.authority_code
            and numbered.child_key = children.child_key

    -- left: Annex A may tell of a review and of no contact
    left join latest_contacts
        on numbered.authority_code = latest_contacts.authority_code
            and numbered.child_key = latest_contacts.child_key
    where
        numbered.held_next_on is null
        and coalesce(latest_contacts.in_touch_code, 'unknown') not in ('DIED', 'RHOM', 'NREQ')

),

not_held as (

    select
        next_due.authority_code,
        next_due.child_key,
        next_due.due_on as review_on,
        false as is_held,
        next_due.review_number,
        next_due.due_on,
        cast(null as date) as held_on,
        case when next_due.due_on <= night.as_at then 'overdue' else 'not_yet_due' end as timeliness,
        false as is_in_future,
        cast(null as {{ dbt.type_string() }}) as source_dataset,
        cast(null as {{ dbt.type_string() }}) as source_file,
        cast(null as bigint) as source_row

    from next_due
    cross join night
    where
        next_due.birth_month is null
        or {{ age_on('next_due.due_on', 'next_due.birth_month') }}
        < case
            when next_due.due_on < cast('{{ var("former_relevant_extended_from") }}' as date)
                then {{ var('former_relevant_until_age_before_2018') }}
            else {{ var('former_relevant_until_age') }}
        end

),

final as (

    select * from judged
    union all
    select * from not_held

)

select * from final
