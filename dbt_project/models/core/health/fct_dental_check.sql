with

checks as (

    select * from {{ of_children(ref('stg_health__dental_checks'), 'health') }}

),

final as (

    select
        -- identifiers
        authority_code,
        patient_key,
        checked_on,
        child_key,

        -- what became of it
        outcome_code,
        outcome_code = 'seen' as is_done,

        -- lineage
        marks,
        source_file,
        source_row

    from checks

)

select * from final
