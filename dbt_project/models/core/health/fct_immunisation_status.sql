with

statuses as (

    select * from {{ of_children(ref('stg_health__immunisations'), 'health') }}

),

final as (

    select
        -- identifiers
        authority_code,
        patient_key,
        assessed_on,
        child_key,

        -- what was found
        is_up_to_date,

        -- lineage
        marks,
        source_file,
        source_row

    from statuses

)

select * from final
