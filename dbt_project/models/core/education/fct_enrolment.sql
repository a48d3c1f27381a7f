with

enrolments as (

    select * from {{ ref('stg_education__enrolments') }}

),

final as (

    select
        authority_code,
        pupil_key,
        school_urn,
        started_on,
        ended_on,
        {{ or_unknown('enrolment_status_code') }} as enrolment_status_code,
        {{ or_unknown('year_group_code') }} as year_group_code,
        ended_on is null as is_open,
        source_file,
        source_row

    from enrolments

)

select * from final
