with

schools as (

    select * from {{ ref('stg_education__schools') }}

),

named_elsewhere as (

    select
        authority_code,
        school_urn

    from {{ ref('stg_education__enrolments') }}
    union
    select
        authority_code,
        school_urn

    from {{ ref('fct_attendance_enrolment_month') }}
    union
    select
        authority_code,
        school_urn

    from {{ ref('stg_education__exclusions') }}
    where school_urn is not null

),

phases as (

    select
        code as phase_code,
        label as phase

    from {{ ref('code_list') }}
    where list_name = 'SCHOOL_PHASE'

),

-- Also one whose schools delivered nothing: the school of its children is unknown.
authorities as (

    select distinct authority_code from {{ ref('stg_warehouse__extracts') }}

),

delivered as (

    select
        schools.authority_code,
        schools.school_urn,
        schools.school_name,
        {{ or_unknown('schools.phase_code') }} as phase_code,
        phases.phase,
        schools.located_in_authority_code,
        schools.school_postcode,
        schools.opened_on,
        schools.closed_on,
        false as is_inferred

    from schools
    left join phases
        on schools.phase_code = phases.phase_code

),

inferred as (

    select
        named_elsewhere.authority_code,
        named_elsewhere.school_urn,
        concat('School ', cast(named_elsewhere.school_urn as {{ dbt.type_string() }})) as school_name,
        true as is_inferred

    from named_elsewhere
    left join schools
        on
            named_elsewhere.authority_code = schools.authority_code
            and named_elsewhere.school_urn = schools.school_urn
    where schools.school_urn is null

),

unknown_member as (

    select
        authority_code,
        -1 as school_urn,
        'Unknown school' as school_name,
        true as is_inferred

    from authorities

),

not_delivered as (

    select * from inferred
    union all
    select * from unknown_member

),

members as (

    select * from delivered
    union all
    select
        authority_code,
        school_urn,
        school_name,
        'unknown' as phase_code,
        cast(null as {{ dbt.type_string() }}) as phase,
        cast(null as {{ dbt.type_string() }}) as located_in_authority_code,
        cast(null as {{ dbt.type_string() }}) as school_postcode,
        cast(null as date) as opened_on,
        cast(null as date) as closed_on,
        is_inferred

    from not_delivered

),

final as (

    select
        cast(authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(school_urn as integer) as school_urn,
        cast(school_name as {{ dbt.type_string() }}) as school_name,
        cast(phase_code as {{ dbt.type_string() }}) as phase_code,
        cast(coalesce(phase, 'Unknown') as {{ dbt.type_string() }}) as phase,
        cast(located_in_authority_code as {{ dbt.type_string() }}) as located_in_authority_code,
        cast(school_postcode as {{ dbt.type_string() }}) as school_postcode,
        cast(opened_on as date) as opened_on,
        cast(closed_on as date) as closed_on,
        cast(is_inferred as boolean) as is_inferred

    from members

)

select * from final
