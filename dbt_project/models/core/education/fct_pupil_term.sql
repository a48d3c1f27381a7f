{#- The pupils of the area at the end of each term, and their exclusions of the school year to that day.

    On roll: a main registration (C, M, unknown) running on the day, the latest where there are two. Who was excluded in
    the school year and is on no roll any more has a row too, at the school of the last exclusion, so that a permanent
    exclusion does not leave the figures with the pupil.
    The list of pupils tells tonight's entitlement to free school meals and tonight's provision for special needs: at a day
    more than twelve months before the night they are null instead of anachronistic. -#}
with

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

term_ends as (

    select
        reporting_dates.as_at,
        reporting_dates.school_year,
        reporting_dates.as_at > {{ add_months('night.as_at', -12) }} as is_recent

    from {{ ref('dim_reporting_date') }} as reporting_dates
    cross join night
    where reporting_dates.is_term_end

),

on_roll as (

    select
        enrolments.authority_code,
        term_ends.as_at,
        enrolments.pupil_key,
        enrolments.school_urn

    from {{ ref('fct_enrolment') }} as enrolments
    inner join term_ends
        on {{ is_on('term_ends.as_at', 'enrolments.started_on', 'enrolments.ended_on') }}
    where enrolments.enrolment_status_code not in ('S', 'G')
    qualify
        row_number() over (
            partition by enrolments.authority_code, term_ends.as_at, enrolments.pupil_key
            order by enrolments.started_on desc, enrolments.school_urn asc
        ) = 1

),

exclusions as (

    select * from {{ ref('fct_exclusion') }}

),

exclusion_lists as (

    select
        authority_code,
        min(school_year) as first_school_year

    from exclusions
    group by authority_code

),

counted as (

    select
        exclusions.authority_code,
        term_ends.as_at,
        exclusions.pupil_key,
        exclusions.exclusion_type_code,
        row_number() over (
            partition by exclusions.authority_code, term_ends.as_at, exclusions.pupil_key
            order by exclusions.started_on desc, exclusions.exclusion_id asc
        ) as latest_first,
        exclusions.school_urn

    from exclusions
    inner join term_ends
        on exclusions.school_year = term_ends.school_year
            and exclusions.started_on <= term_ends.as_at
    where not exclusions.is_cancelled

),

excluded as (

    select
        authority_code,
        as_at,
        pupil_key,
        sum(case when exclusion_type_code = 'SUSP' then 1 else 0 end) as suspension_count,
        sum(case when exclusion_type_code = 'PERM' then 1 else 0 end) as permanent_exclusion_count,
        max(case when latest_first = 1 then school_urn end) as school_urn

    from counted
    group by authority_code, as_at, pupil_key

),

pupils as (

    select
        authority_code,
        as_at,
        pupil_key,
        on_roll.school_urn is not null as is_on_roll,
        coalesce(on_roll.school_urn, excluded.school_urn) as school_urn,
        coalesce(excluded.suspension_count, 0) as suspension_count,
        coalesce(excluded.permanent_exclusion_count, 0) as permanent_exclusion_count

    from on_roll
    full join excluded using (authority_code, as_at, pupil_key)

),

links as (

    select * from {{ ref('bridge_pupil_child') }}

),

children as (

    select * from {{ ref('dim_child') }}

),

schools as (

    select * from {{ ref('dim_school') }}

),

final as (

    select
        -- identifiers
        pupils.authority_code,
        pupils.as_at,
        pupils.pupil_key,
        cast(coalesce(links.child_key, {{ unknown_child_key() }}) as bigint) as child_key,

        -- the pupil
        {{ school_year_group_on('pupils.as_at', 'children.birth_month') }} as school_year_group,
        {{ or_unknown('children.ethnicity_code') }} as ethnicity_code,
        case when term_ends.is_recent then children.sen_provision_code end as sen_provision_code,
        case when term_ends.is_recent then children.is_free_school_meals end as is_free_school_meals,

        -- the school
        pupils.is_on_roll,
        cast(pupils.school_urn as integer) as school_urn,
        {{ or_unknown('schools.phase_code') }} as school_phase_code,

        -- exclusions of the school year to the day
        cast(
            case when exclusion_lists.first_school_year <= term_ends.school_year then pupils.suspension_count end
            as integer
        ) as suspension_count,
        cast(
            case
                when exclusion_lists.first_school_year <= term_ends.school_year then pupils.permanent_exclusion_count
            end as integer
        ) as permanent_exclusion_count

    from pupils
    inner join term_ends
        on pupils.as_at = term_ends.as_at

    -- left: a roll may name a pupil who is on no list, and the list of exclusions may be empty
    left join links
        on pupils.authority_code = links.authority_code
            and pupils.pupil_key = links.pupil_key
    left join children
        on links.authority_code = children.authority_code
            and links.child_key = children.child_key
            and {{ is_on('pupils.as_at', 'children.valid_from', 'children.valid_to') }}
    left join schools
        on pupils.authority_code = schools.authority_code
            and pupils.school_urn = schools.school_urn
    left join exclusion_lists
        on pupils.authority_code = exclusion_lists.authority_code

)

select * from final
