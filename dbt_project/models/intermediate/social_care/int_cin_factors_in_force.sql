with

factors as (

    select * from {{ ref('stg_social_care__cin_assessment_factor') }}

),

assessments as (

    select * from {{ ref('stg_social_care__cin_assessment') }}

),

in_force as (

    select * from {{ ref('int_cin_assessments_in_force') }}

),

final as (

    select
        in_force.authority_code,
        in_force.child_key,
        in_force.started_on as assessment_started_on,
        factors.factor_code,
        factors.collection_year,
        factors.marks,
        factors.source_file,
        factors.source_row

    from factors
    inner join assessments
        on factors.authority_code = assessments.authority_code
            and factors.source_file = assessments.source_file
            and factors.child_key = assessments.child_key
            and factors.cin_details_id = assessments.cin_details_id
            and factors.assessment_id = assessments.assessment_id
    inner join in_force
        on assessments.authority_code = in_force.authority_code
            and assessments.source_file = in_force.source_file
            and assessments.source_row = in_force.source_row

)

select * from final
