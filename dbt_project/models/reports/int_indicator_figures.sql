{#- Every figure there should be, with what was counted: a member nobody is in has its row and 0; a team has rows on the
    dates it held a case. What is not known has neither numerator nor denominator.

    Limits of chance, 95 of 100. Wilson: of 1 of 8 (12.5 %) from 2.2 % to 47.1 %, and of 0 of 8 from 0 % to 32.4 %.
    Byar: of 10 events from 4.8 to 18.4, and of none from 0 to 3.7; of a rate both are divided by the population. -#}
{%- set team_numbers_from, members_at_most = 1000, 1000000 -%}

with

definitions as (

    select
        *,
        case
            when subject = 'worker' then 'all'
            when subject = 'school' then 'all'
            when subject = 'pupil' then 'all sex age_band ethnic_group'
            when subject = 'looked_after_child'
                then 'all sex age_band ethnic_group team placement_type placement_group placement_location'
                    || ' unaccompanied twelve_months'
            else 'all sex age_band ethnic_group team'
        end as dimensions

    from {{ ref('indicator') }}

),

coverage as (

    select * from {{ ref('int_indicator_coverage') }}

),

cells as (

    select * from {{ ref('int_indicator_cells') }}

),

populations as (

    select * from {{ ref('dim_population') }}

),

members as (

    select
        dimension,
        member,
        min(member_label) as member_label

    from {{ ref('dim_indicator_member') }}
    group by dimension, member

),

teams as (

    select distinct
        authority_code,
        as_at,
        member

    from cells
    where dimension = 'team'

),

-- Numbers to join series by, instead of five texts; they mean nothing outside tonight.
numbered_members as (

    select
        *,
        row_number() over (order by dimension, member) as member_number

    from members

),

numbered_teams as (

    select
        *,
        {{ team_numbers_from }} + dense_rank() over (order by member) as member_number

    from teams

),

covered as (

    select
        coverage.*,
        definitions.dimensions,
        dense_rank() over (order by coverage.authority_code, coverage.indicator_id, coverage.period)
        * {{ members_at_most }} as first_number

    from coverage
    inner join definitions
        on coverage.indicator_id = definitions.indicator_id

),

expected as (

    select
        covered.authority_code,
        covered.indicator_id,
        covered.as_at,
        covered.period,
        covered.is_known,
        numbered_members.dimension,
        numbered_members.member,
        numbered_members.member_label,
        covered.first_number + numbered_members.member_number as series_number

    from covered
    inner join numbered_members
        on {{ dbt.position(
            "concat(' ', numbered_members.dimension, ' ')", "concat(' ', covered.dimensions, ' ')"
        ) }} > 0
    union all
    select
        covered.authority_code,
        covered.indicator_id,
        covered.as_at,
        covered.period,
        covered.is_known,
        'team' as dimension,
        numbered_teams.member,
        case numbered_teams.member when 'unknown' then 'No team' else numbered_teams.member end as member_label,
        covered.first_number + numbered_teams.member_number as series_number

    from covered
    inner join numbered_teams
        on covered.authority_code = numbered_teams.authority_code
            and covered.as_at = numbered_teams.as_at
    where {{ dbt.position("' team '", "concat(' ', covered.dimensions, ' ')") }} > 0

),

counted as (

    select
        expected.authority_code,
        expected.indicator_id,
        definitions.definition_version,
        expected.as_at,
        expected.period,
        expected.dimension,
        expected.member,
        expected.member_label,
        expected.series_number,
        definitions.unit,
        definitions.parts_per_unit,
        definitions.interval_method,
        case when expected.is_known then cast(coalesce(cells.numerator, 0) as bigint) end as numerator,
        case
            when not expected.is_known or definitions.unit = 'count' then null
            when definitions.unit = 'per_10k' then cast(populations.population_count as bigint)
            else cast(coalesce(cells.denominator, 0) as bigint)
        end as denominator

    from expected
    inner join definitions
        on expected.indicator_id = definitions.indicator_id

    -- left: a member without children
    left join cells
        on expected.indicator_id = cells.indicator_id
            and expected.authority_code = cells.authority_code
            and expected.as_at = cells.as_at
            and expected.period = cells.period
            and expected.dimension = cells.dimension
            and expected.member = cells.member

    -- left: only rates have one, and few slices of a population are known
    left join populations
        on definitions.population_group = populations.population_group
            and expected.authority_code = populations.authority_code
            and expected.dimension = populations.dimension
            and expected.member = populations.member
            and expected.as_at >= populations.valid_from
            and expected.as_at <= populations.valid_to

),

prepared as (

    select
        *,
        {{ figure_terms() }}

    from counted

),

final as (

    select
        authority_code,
        indicator_id,
        definition_version,
        as_at,
        period,
        dimension,
        member,
        member_label,
        cast(series_number as bigint) as series_number,
        numerator,
        denominator,
        {{ figure_measures() }}

    from prepared

)

select * from final
