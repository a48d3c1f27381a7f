{#- What counts, and for how much.

    A fixed-period exclusion (FIXD, until 2022) is what is called a suspension since (SUSP). A lunchtime exclusion
    (LNCH, until 2022) was a suspension that the law counts as half a day, so it has one session where none is told.
    A suspension of 1 session is half a day, one of 7 sessions three days and a half; 0 sessions are impossible, so
    how long it was is not known. A permanent exclusion has no length. What was cancelled is kept and not counted. -#}
with

exclusions as (

    select * from {{ of_children(ref('stg_education__exclusions'), 'education', names_child=false) }}

),

terms as (

    select * from {{ ref('dim_school_term') }}

),

measured as (

    select
        exclusions.*,
        case
            when exclusions.exclusion_type_code in ('FIXD', 'LNCH') then 'SUSP'
            else exclusions.exclusion_type_code
        end as type_code,
        case
            when exclusions.exclusion_type_code = 'PERM' then null
            when exclusions.exclusion_type_code = 'LNCH' and exclusions.suspended_sessions is null then 1
            when exclusions.suspended_sessions > 0 then exclusions.suspended_sessions
        end as counted_sessions

    from exclusions

),

final as (

    select
        -- identifiers
        measured.authority_code,
        measured.exclusion_id,
        measured.pupil_key,
        measured.child_key,
        cast(coalesce(measured.school_urn, -1) as integer) as school_urn,

        -- codes
        measured.type_code as exclusion_type_code,
        measured.exclusion_type_code as recorded_type_code,

        -- dates
        measured.started_on,
        measured.cancelled_on,
        cast({{ school_year_of('measured.started_on') }} as integer) as school_year,
        cast({{ or_unknown('terms.term') }} as {{ dbt.type_string() }}) as term,

        -- how long, and whether it counts
        cast(measured.counted_sessions as integer) as suspended_sessions,
        cast(measured.counted_sessions as double) / 2 as suspended_days,
        measured.cancelled_on is not null as is_cancelled,

        -- lineage
        measured.marks,
        measured.source_file,
        measured.source_row

    from measured

    -- left: the list of terms ends
    left join terms
        on measured.authority_code = terms.authority_code
            and {{ is_on('measured.started_on', 'terms.started_on', 'terms.ended_on') }}

)

select * from final
