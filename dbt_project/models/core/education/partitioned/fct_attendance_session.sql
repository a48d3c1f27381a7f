with

kept as (

    select * from {{ ref('stg_education__attendance') }}

),

ranked as (

    select * from {{ ref('int_attendance_ranked_by_supplier') }}

),

counted_elsewhere as (

    select * from {{ ref('int_attendance_counted_elsewhere') }}

),

codes as (

    select
        attendance_code_key,
        mark

    from {{ ref('dim_attendance_code') }}
    where mark is not null

),

shared_registers as (

    select distinct
        authority_code,
        school_urn,
        session_date

    from ranked

),

one_supplier as (

    select
        kept.authority_code,
        kept.pupil_key,
        kept.school_urn,
        kept.session_date,
        kept.session_month,
        kept.session_code,
        kept.mark,
        kept.supplier

    from kept
    where
        not exists (
            select 1
            from shared_registers
            where
                kept.authority_code = shared_registers.authority_code
                and kept.school_urn = shared_registers.school_urn
                and kept.session_date = shared_registers.session_date
        )

),

several_suppliers as (

    select
        authority_code,
        pupil_key,
        school_urn,
        session_date,
        session_month,
        session_code,
        mark,
        supplier

    from ranked
    where supplier_rank = 1

),

sessions as (

    select * from one_supplier
    union all
    select * from several_suppliers

),

final as (

    select
        sessions.authority_code,
        sessions.pupil_key,
        sessions.school_urn,
        sessions.session_date,
        sessions.session_month,
        sessions.session_code,
        -- a mark that is in no list is a member of its own, not a blank
        cast(
            case when sessions.mark is null then 0 else coalesce(codes.attendance_code_key, -1) end as integer
        ) as attendance_code_key,
        sessions.supplier,
        counted_elsewhere.pupil_key is null as is_counted_for_pupil

    from sessions

    -- left: a mark may be in no list, and most pupils are at one school
    left join codes
        on sessions.mark = codes.mark
    left join counted_elsewhere
        on
            sessions.authority_code = counted_elsewhere.authority_code
            and sessions.pupil_key = counted_elsewhere.pupil_key
            and sessions.school_urn = counted_elsewhere.school_urn
            and sessions.session_date = counted_elsewhere.session_date
            and sessions.session_code = counted_elsewhere.session_code

)

select * from final
