{#- The clock of the interview starts when the child is back and runs 72 hours, as the
    council's local time tells them; the hour that is repeated or left out in autumn and spring is not corrected.
        back 1 May 10:00, held 4 May 10:00 -> on_time (72 hours)     held 4 May 10:01 -> late
        back 1 May 10:00, none held by the night of 3 May -> not_yet_due; by the night of 4 May -> overdue
        refused -> refused: neither on time nor late     not told when the child was back -> unknown
        held before the child was back -> unknown: one of the two times is wrong -#}
with

interviews as (

    select * from {{ of_children(ref('stg_social_care__return_interviews'), 'social_care') }}
    qualify
        row_number() over (
            partition by authority_code, child_key, missing_started_on
            order by interviewed_at desc nulls last, source_file desc, source_row desc
        ) = 1

),

spells as (

    select
        authority_code,
        child_key,
        started_on,
        max(case when is_in_care then 1 else 0 end) = 1 as is_in_care

    from {{ ref('fct_missing_spell') }}
    group by authority_code, child_key, started_on

),

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

clocks as (

    select
        interviews.*,
        {{ add_hours('returned_at', var('return_interview_due_hours')) }} as due_at,
        {{ dbt.datediff('returned_at', 'interviewed_at', 'minute') }}
            as minutes_taken

    from interviews

),

final as (

    select
        clocks.authority_code,
        clocks.child_key,
        clocks.missing_started_on,
        spells.started_on is not null as is_spell_known,
        spells.is_in_care,
        clocks.returned_at,
        cast(clocks.due_at as timestamp) as due_at,
        clocks.is_offered,
        clocks.is_accepted,
        clocks.interviewed_at,
        clocks.interviewed_at is not null as is_held,
        case
            when clocks.interviewed_at is not null then 'held'
            when clocks.is_offered = false then 'not_offered'
            when clocks.is_accepted = false then 'refused'
            when clocks.is_offered or clocks.is_accepted then 'not_held'
            else 'unknown'
        end as outcome,
        case
            when clocks.interviewed_at is not null and clocks.returned_at is null then 'unknown'
            when clocks.interviewed_at < clocks.returned_at then 'unknown'
            when clocks.interviewed_at is not null and clocks.interviewed_at <= clocks.due_at then 'on_time'
            when clocks.interviewed_at is not null then 'late'
            when clocks.is_accepted = false and coalesce(clocks.is_offered, true) then 'refused'
            when clocks.returned_at is null then 'unknown'
            when cast(clocks.due_at as date) <= night.as_at then 'overdue'
            else 'not_yet_due'
        end as timeliness,
        case
            when clocks.interviewed_at >= clocks.returned_at then clocks.minutes_taken / cast(60 as double)
        end as hours_to_interview,
        clocks.marks,
        clocks.source_file,
        clocks.source_row

    from clocks
    cross join night

    -- left: social care may know of a spell that is in no return, or not yet
    left join spells
        on clocks.authority_code = spells.authority_code
            and clocks.child_key = spells.child_key
            and clocks.missing_started_on = spells.started_on

)

select * from final
