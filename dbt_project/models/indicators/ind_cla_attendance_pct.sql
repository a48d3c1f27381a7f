with

looked_after as (

    select * from {{ ref('fct_looked_after_child') }}
    where is_twelve_months

),

links as (

    select * from {{ ref('bridge_pupil_child') }}

),

pupils as (

    select * from {{ ref('fct_absence_year_to_date') }}

),

final as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key as subject_key,
        cast(sum(pupils.possible_sessions) as bigint) as in_denominator,
        cast(sum(pupils.present_sessions) as bigint) as in_numerator,
        cast(sum(pupils.present_sessions) as double) * 100 / nullif(sum(pupils.possible_sessions), 0) as measure

    from looked_after
    -- a child may have been two pupils: a new number, a second roll
    inner join links
        on looked_after.authority_code = links.authority_code
            and looked_after.child_key = links.child_key
    inner join pupils
        on links.authority_code = pupils.authority_code
            and links.pupil_key = pupils.pupil_key
            and looked_after.as_at = pupils.as_at
    group by looked_after.authority_code, looked_after.as_at, looked_after.child_key

)

select * from final
