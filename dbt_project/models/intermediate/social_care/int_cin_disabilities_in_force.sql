with

disabilities as (

    select * from {{ ref('stg_social_care__cin_disability') }}

),

children as (

    select * from {{ ref('stg_social_care__cin_child') }}

),

in_force as (

    select * from {{ ref('int_cin_children_in_force') }}

),

final as (

    select
        in_force.authority_code,
        in_force.child_key,
        disabilities.disability_code,
        disabilities.collection_year,
        disabilities.source_file,
        disabilities.source_row

    from disabilities
    inner join children
        on disabilities.authority_code = children.authority_code
            and disabilities.source_file = children.source_file
            and disabilities.child_key = children.child_key
    inner join in_force
        on children.authority_code = in_force.authority_code
            and children.source_file = in_force.source_file
            and children.source_row = in_force.source_row

)

select * from final
