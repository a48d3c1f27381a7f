{#- Which school's mark counts where two recorded the same session of one pupil.

    A pupil at two schools is marked D by the one while the other has her: there the session counts. Both schools may
    have a mark that is possible (a move that one of them learnt late, two registrations on one day): present goes
    before absent, for who was at one school was at school, then absence with leave before absence without; then a mark
    that is not known, so that it does not pass for a session nobody asked for; what is not possible comes last. A tie
    goes to the lower school number. Present at A and N at B: A counts, once. D at A and blank at B: unknown. -#}
with

-- The list is named twice, not once for both: as a step of its own all of it would be written down first.
-- A tiny answer from one pass, as in int_attendance_ranked_by_supplier.
at_several_schools as (

    select
        authority_code,
        pupil_key,
        session_month

    from {{ ref('stg_education__attendance') }}
    group by authority_code, pupil_key, session_month
    having min(school_urn) <> max(school_urn)

),

second_suppliers as (

    select * from {{ ref('int_attendance_ranked_by_supplier') }}
    where supplier_rank > 1

),

codes as (

    select * from {{ ref('dim_attendance_code') }}
    where mark is not null

),

marked as (

    select
        kept.authority_code,
        kept.pupil_key,
        kept.school_urn,
        kept.session_date,
        kept.session_month,
        kept.session_code,
        case
            when codes.is_present then 1
            when codes.is_authorised_absence then 2
            when codes.is_unauthorised_absence then 3
            when codes.statistical_group is null or codes.statistical_group = 'unknown' then 4
            else 5
        end as standing

    from {{ ref('stg_education__attendance') }} as kept
    inner join at_several_schools
        on
            kept.authority_code = at_several_schools.authority_code
            and kept.pupil_key = at_several_schools.pupil_key
            and kept.session_month = at_several_schools.session_month

    -- left: a blank mark and one that is in no list have no code, and most registers have one supplier
    left join codes
        on kept.mark = codes.mark
    left join second_suppliers
        on
            kept.authority_code = second_suppliers.authority_code
            and kept.pupil_key = second_suppliers.pupil_key
            and kept.school_urn = second_suppliers.school_urn
            and kept.session_date = second_suppliers.session_date
            and kept.session_code = second_suppliers.session_code
            and kept.supplier = second_suppliers.supplier
    where second_suppliers.supplier is null

),

ranked as (

    select
        marked.*,
        row_number() over (
            partition by authority_code, pupil_key, session_date, session_code
            order by standing, school_urn
        ) as school_rank

    from marked

),

final as (

    select
        authority_code,
        pupil_key,
        school_urn,
        session_date,
        session_month,
        session_code

    from ranked
    where school_rank > 1

)

select * from final
