with

disabilities as (

    select * from {{ ref('stg_social_care__cin_disability') }}

),

children as (

    select * from {{ ref('int_cin_children_in_force') }}

),

final as (

    select disabilities.*

    from disabilities
    inner join children
        on disabilities.authority_code = children.authority_code
            and disabilities.source_file = children.source_file
            and disabilities.child_key = children.child_key

)

select * from final
