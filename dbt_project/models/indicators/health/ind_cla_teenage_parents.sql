with

looked_after as (

    select * from {{ ref('fct_looked_after_child') }}

),

children as (

    select * from {{ ref('dim_child') }}

),

final as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        cast(looked_after.age as double) as measure

    from looked_after
    inner join children
        on looked_after.authority_code = children.authority_code
            and looked_after.child_key = children.child_key
            and {{ is_on('looked_after.as_at', 'children.valid_from', 'children.valid_to') }}
    where children.mother_since <= looked_after.as_at

)

select * from final
