with

assessments as (

    select *

    from {{ of_children(ref('stg_social_care__annex_a_2_early_help'), 'social_care') }}
    -- two ids may be one child's
    qualify
        row_number() over (
            partition by authority_code, child_key, started_on
            order by source_row desc
        ) = 1

),

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

final as (

    select
        -- identifiers
        assessments.authority_code,
        assessments.child_key,

        -- dates
        assessments.started_on,
        assessments.completed_on,
        {{ days_between('assessments.started_on', 'assessments.completed_on') }} as duration_days,
        assessments.completed_on is not null as is_completed,
        assessments.started_on > night.as_at as is_in_future,

        -- who
        {{ or_unknown('assessments.organisation') }} as organisation,

        -- lineage
        assessments.marks,
        assessments.source_file,
        assessments.source_row

    from assessments
    cross join night

)

select * from final
