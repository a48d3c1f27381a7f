with

looked_after as (

    select * from {{ ref('fct_looked_after_child') }}
    where
        school_year_group in (12, 13)
        and extract(month from as_at) <> 8

),

told as (

    select * from {{ ref('fct_care_leaver') }}

),

on_roll as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key,
        count(*) as registrations

    from looked_after
    inner join {{ ref('bridge_pupil_child') }} as links
        on looked_after.authority_code = links.authority_code
            and looked_after.child_key = links.child_key
    inner join {{ ref('fct_enrolment') }} as enrolments
        on links.authority_code = enrolments.authority_code
            and links.pupil_key = enrolments.pupil_key
            and {{ is_on('looked_after.as_at', 'enrolments.started_on', 'enrolments.ended_on') }}
    where enrolments.enrolment_status_code not in ('S', 'G')
    group by looked_after.authority_code, looked_after.as_at, looked_after.child_key

),

final as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key as subject_key,
        1 as in_denominator,
        case
            when coalesce(told.is_in_education_employment_training, on_roll.registrations is not null) then 1
            else 0
        end as in_numerator,
        told.days_since_contact as measure

    from looked_after

    -- left: one of the two may know; most go to colleges, which deliver no roll
    left join told
        on looked_after.authority_code = told.authority_code
            and looked_after.as_at = told.as_at
            and looked_after.child_key = told.child_key
    left join on_roll
        on looked_after.authority_code = on_roll.authority_code
            and looked_after.as_at = on_roll.as_at
            and looked_after.child_key = on_roll.child_key
    where told.is_in_education_employment_training is not null or on_roll.registrations is not null

)

select * from final
