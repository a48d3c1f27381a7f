{#- A plan is for a term, and in time when it is complete by the last school day of that term: complete on 20 December
    2016 is in time for the autumn of 2016/17, complete on 5 January is not. Not complete is late from the day after
    the last school day on; before, nobody can say. -#}
with

plans as (

    select * from {{ of_children(ref('stg_education__peps'), 'social_care') }}

),

links as (

    select * from {{ ref('bridge_pupil_child') }}

),

terms as (

    select
        authority_code,
        school_year,
        term,
        max(last_day) as last_day

    from {{ ref('dim_school_term') }}
    group by authority_code, school_year, term

),

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

final as (

    select
        -- identifiers
        plans.authority_code,
        plans.plan_id,
        cast(
            case
                when plans.child_key <> {{ unknown_child_key() }} then plans.child_key
                else coalesce(links.child_key, {{ unknown_child_key() }})
            end as bigint
        ) as child_key,
        plans.pupil_key,

        -- the term
        plans.school_year,
        {{ or_unknown('plans.term') }} as term,
        terms.last_day as due_on,

        -- the plan
        plans.meeting_on,
        plans.completed_on,
        {{ or_unknown('plans.quality_code') }} as quality_code,
        plans.has_child_views,
        plans.pupil_premium_planned,
        coalesce(plans.completed_on <= night.as_at, false) as is_completed,
        case
            when terms.last_day is null then null
            when plans.completed_on <= night.as_at then plans.completed_on <= terms.last_day
            when terms.last_day <= night.as_at then false
        end as is_completed_in_term,

        -- lineage
        plans.marks,
        plans.source_file,
        plans.source_row

    from plans
    cross join night

    -- left: the row may name no pupil, and the list of terms ends
    left join links
        on plans.authority_code = links.authority_code
            and plans.pupil_key = links.pupil_key
    left join terms
        on plans.authority_code = terms.authority_code
            and plans.school_year = terms.school_year
            and plans.term = terms.term

)

select * from final
