with

factors as (

    select * from {{ ref('stg_social_care__cin_assessment_factor') }}

),

assessments as (

    select * from {{ ref('int_cin_assessments_in_force') }}

),

final as (

    select
        factors.*,
        assessments.started_on as assessment_started_on

    from factors
    inner join assessments
        on factors.authority_code = assessments.authority_code
            and factors.source_file = assessments.source_file
            and factors.child_key = assessments.child_key
            and factors.cin_details_id = assessments.cin_details_id
            and factors.assessment_id = assessments.assessment_id

)

select * from final
