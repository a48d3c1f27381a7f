with

spells as (

    select * from {{ ref('fct_missing_spell') }}
    where
        missing_code = 'M'
        and is_looked_after
        and ended_on is not null

),

interviews as (

    select * from {{ ref('fct_return_interview') }}

),

final as (

    select
        spells.authority_code,
        spells.ended_on as as_at,
        spells.child_key as subject_key,
        1 as in_denominator,
        case when interviews.timeliness = 'on_time' then 1 else 0 end as in_numerator,
        interviews.hours_to_interview as measure

    from spells

    -- left: a return of which no interview was thought is one without
    left join interviews
        on spells.authority_code = interviews.authority_code
            and spells.child_key = interviews.child_key
            and spells.started_on = interviews.missing_started_on
    where coalesce(interviews.timeliness, 'none') <> 'not_yet_due'

)

select * from final
