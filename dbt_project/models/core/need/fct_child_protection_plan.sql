{#- Two lists tell of plans. They meet on the child and the day the plan started.

    The census is heard first. Of what goes on after it (the end, the category now) the newer of the two lists is
    believed, and a list that says nothing takes nothing back:
      census of 1 June without an end, Annex A of 1 August with 15 July      ended on 15 July
      census of 1 June without an end, Annex A of 1 May with 15 April        still open: the census is newer
      census of 1 June with 15 April, Annex A of 1 August without an end     ended on 15 April

    A second or subsequent plan: told so (number of previous plans above 0), or an earlier plan of the child is known.
    Within two years: an earlier plan ended no longer than 24 months before this one started, the day itself included:
      earlier plan ended 31 May 2015, this one started 31 May 2017           within two years
      earlier plan ended 31 May 2015, this one started 1 June 2017           not, if no more plans are told of
      one earlier plan told of, none known                                   not known -#}
with

census as (

    select * from {{ ref('int_protection_plans_in_force') }}

),

listed as (

    select *

    from {{ of_children(ref('stg_social_care__annex_a_7_child_protection'), 'social_care') }}
    qualify
        row_number() over (
            partition by authority_code, child_key, started_on
            order by stamp desc, source_file desc, source_row desc
        ) = 1

),

newest_census as (

    select
        authority_code,
        max(collection_year) as collection_year

    from census
    group by authority_code

),

labels as (

    select
        code,
        label

    from {{ ref('code_list') }}
    where list_name = 'ABUSE'

),

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

merged as (

    select
        authority_code,
        child_key,
        started_on,
        case
            when census.stamp is null or listed.stamp > census.stamp then coalesce(listed.ended_on, census.ended_on)
            else census.ended_on
        end as ended_on,
        coalesce(census.initial_category_of_abuse_code, listed.initial_category_of_abuse_code)
            as initial_category_of_abuse_code,
        case
            when census.stamp is null or listed.stamp > census.stamp
                then coalesce(listed.latest_category_of_abuse_code, census.latest_category_of_abuse_code)
            else coalesce(census.latest_category_of_abuse_code, listed.latest_category_of_abuse_code)
        end as latest_category_of_abuse_code,
        coalesce(census.previous_plans_told, listed.previous_plans_told) as previous_plans_told,
        listed.is_emergency_protected,
        listed.team_name,
        listed.stamp is not null as is_in_annex_a,
        census.collection_year,
        case
            when census.stamp is null then 'annex_a_7_child_protection'
            else 'cin_protection_plan'
        end as source_dataset,
        case when census.stamp is null then listed.marks else census.marks end as marks,
        case when census.stamp is null then listed.source_file else census.source_file end as source_file,
        case when census.stamp is null then listed.source_row else census.source_row end as source_row

    from census
    full join listed using (authority_code, child_key, started_on)

),

followed as (

    select
        merged.*,
        row_number() over earlier - 1 as previous_plans_known,
        max(ended_on) over plans_before as previous_plan_ended_on,
        max(coalesce(ended_on, cast('9999-12-31' as date))) over plans_before as runs_until

    from merged
    window
        earlier as (partition by authority_code, child_key order by started_on),
        plans_before as (
            partition by authority_code, child_key
            order by started_on
            rows between unbounded preceding and 1 preceding
        )

),

final as (

    select
        -- identifiers
        followed.authority_code,
        followed.child_key,

        -- dates
        followed.started_on,
        followed.ended_on,
        {{ add_months('followed.started_on', var('child_protection_first_review_due_months')) }} as three_months_on,
        {{ add_months('followed.started_on', var('child_protection_long_plan_months')) }} as two_years_on,

        -- categories of abuse
        {{ or_unknown('followed.initial_category_of_abuse_code') }} as initial_category_of_abuse_code,
        coalesce(initial_labels.label, 'Unknown') as initial_category_of_abuse,
        {{ or_unknown('followed.latest_category_of_abuse_code') }} as latest_category_of_abuse_code,
        coalesce(latest_labels.label, 'Unknown') as latest_category_of_abuse,

        -- plans before
        followed.previous_plans_told,
        cast(followed.previous_plans_known as integer) as previous_plans_known,
        followed.previous_plan_ended_on,
        case
            when followed.previous_plans_known > 0 or followed.previous_plans_told > 0 then true
            when followed.previous_plans_told = 0 then false
        end as is_second_or_subsequent,
        case
            when
                {{ add_months('followed.previous_plan_ended_on', var('child_protection_long_plan_months')) }}
                >= followed.started_on
                then true
            when coalesce(followed.previous_plans_told, 0) > followed.previous_plans_known then null
            when followed.previous_plan_ended_on is not null or followed.previous_plans_told = 0 then false
        end as is_second_or_subsequent_within_two_years,

        -- how long
        {{ days_between('followed.started_on', 'followed.ended_on') }} as duration_days,
        case
            when followed.ended_on is null then null
            when followed.ended_on <= {{ add_months('followed.started_on', 3) }} then 'three_months_or_less'
            when followed.ended_on <= {{ add_months('followed.started_on', 6) }} then 'three_to_six_months'
            when followed.ended_on <= {{ add_months('followed.started_on', 12) }} then 'six_to_twelve_months'
            when
                followed.ended_on
                < {{ add_months('followed.started_on', var('child_protection_long_plan_months')) }}
                then 'one_to_two_years'
            else 'two_years_or_more'
        end as duration_band,
        followed.started_on > night.as_at as is_in_future,

        -- only Annex A knows
        followed.is_emergency_protected,
        {{ or_unknown('followed.team_name') }} as team_name,

        -- lineage
        followed.source_dataset,
        followed.is_in_annex_a,
        nullif(
            concat_ws(
                ' ',
                followed.marks,
                case when followed.runs_until > followed.started_on then 'PLAN-OVERLAP' end,
                case
                    when
                        followed.ended_on is null
                        and followed.collection_year < newest_census.collection_year
                        then 'PLAN-OPEN-MISSING-LATER'
                end
            ),
            ''
        ) as marks,
        followed.source_file,
        followed.source_row

    from followed
    cross join night

    -- left: an authority may deliver no census
    left join newest_census on followed.authority_code = newest_census.authority_code

    -- left: a category may not be told
    left join labels as initial_labels on followed.initial_category_of_abuse_code = initial_labels.code
    left join labels as latest_labels on followed.latest_category_of_abuse_code = latest_labels.code

)

select * from final
