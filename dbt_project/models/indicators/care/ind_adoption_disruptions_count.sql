with

care_periods as (

    select * from {{ ref('fct_care_period') }}

),

lived_in as (

    select
        *,
        lead(same_carer_since) over (
            partition by authority_code, child_key, period_of_care_started_on
            order by started_on
        ) as next_carer_since

    from {{ ref('fct_placement') }}
    where not is_temporary

),

final as (

    select
        lived_in.authority_code,
        lived_in.ended_on as as_at,
        lived_in.child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        {{ days_between('lived_in.same_carer_since', 'lived_in.ended_on') }} as measure

    from lived_in
    inner join care_periods
        on lived_in.authority_code = care_periods.authority_code
            and lived_in.child_key = care_periods.child_key
            and lived_in.period_of_care_started_on = care_periods.started_on
    where
        lived_in.placement_type_code in ('A3', 'A4', 'A5', 'A6')
        and lived_in.ended_on is not null
        and (
            lived_in.next_carer_since <> lived_in.same_carer_since
            or (
                lived_in.next_carer_since is null
                and care_periods.ended_on is not null
                and care_periods.end_reason_group <> 'Adopted'
            )
        )

)

select * from final
