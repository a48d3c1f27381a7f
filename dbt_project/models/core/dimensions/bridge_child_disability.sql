with

disabilities as (

    select * from {{ ref('int_cin_disabilities_in_force') }}

),

labels as (

    select
        code,
        label

    from {{ ref('code_list') }}
    where list_name = 'DISABILITY'

),

final as (

    select
        disabilities.authority_code,
        disabilities.child_key,
        disabilities.disability_code,
        coalesce(labels.label, 'Unknown') as disability,
        disabilities.disability_code <> 'NONE' as is_disability,
        disabilities.collection_year,
        disabilities.source_file,
        disabilities.source_row

    from disabilities

    -- left: a code outside the list must not lose the row
    left join labels on disabilities.disability_code = labels.code

)

select * from final
