with

factors as (

    select * from {{ ref('int_cin_factors_in_force') }}

),

assessments as (

    select * from {{ ref('fct_assessment') }}

),

labels as (

    select
        code,
        label

    from {{ ref('code_list') }}
    where list_name = 'CIN_FACTOR'

),

final as (

    select
        -- identifiers
        factors.authority_code,
        factors.child_key,

        -- dates
        factors.assessment_started_on,
        assessments.authorised_on,

        -- the factor
        factors.factor_code,
        coalesce(labels.label, 'Unknown') as factor,
        factors.factor_code <> '21' as is_factor,

        -- lineage
        factors.marks,
        factors.source_file,
        factors.source_row

    from factors
    inner join assessments
        on factors.authority_code = assessments.authority_code
            and factors.child_key = assessments.child_key
            and factors.assessment_started_on = assessments.started_on

    -- left: a code outside the list must not lose the row
    left join labels on factors.factor_code = labels.code

)

select * from final
