with

child_years as (

    select * from {{ ref('int_child_years') }}

),

links as (

    select * from {{ ref('bridge_pupil_child') }}

),

pupils as (

    select * from {{ ref('stg_education__pupils') }}

),

ethnicities as (

    select * from {{ ref('dim_ethnicity') }}

),

identities as (

    select * from {{ ref('stg_warehouse__child_identities') }}

),

-- What social care's list of persons says, without history. A child that a decision made of two has two rows on it.
described as (

    select *
    from {{ of_children(ref('stg_social_care__persons'), 'social_care') }} as delivered
    qualify row_number() over (partition by authority_code, child_key order by source_file, source_row) = 1

),

-- The newest census that names the child, where the list does not say. A sex not known or not stated says nothing.
in_census as (

    select
        authority_code,
        child_key,
        case sex_code when '1' then 'M' when 'M' then 'M' when '2' then 'F' when 'F' then 'F' end as sex_code,
        birth_month,
        ethnicity_code,
        cast({{ dbt.date_trunc('month', 'died_on') }} as date) as death_month

    from {{ ref('int_cin_children_in_force') }}

),

disabled_by_census as (

    select
        authority_code,
        child_key,
        max(case when disability_code = 'NONE' then 0 else 1 end) = 1 as is_disabled

    from {{ ref('int_cin_disabilities_in_force') }}
    group by authority_code, child_key

),

mothers as (

    select
        authority_code,
        child_key,
        min(mother_since) as mother_since

    from child_years
    group by authority_code, child_key

),

numbered as (

    select
        authority_code,
        child_key,
        max(case when has_nhs_number then 1 else 0 end) = 1 as is_nhs_number_known

    from identities
    group by authority_code, child_key

),

-- Versions: one per run of collection years in which nothing changed.

followed as (

    select
        child_years.*,
        lag(collection_year) over of_child as previous_collection_year,
        lag(sex_code) over of_child as previous_sex_code,
        lag(birth_month) over of_child as previous_birth_month,
        lag(ethnicity_code) over of_child as previous_ethnicity_code,
        lag(is_unaccompanied) over of_child as previously_unaccompanied

    from child_years
    window of_child as (
        partition by authority_code, child_key
        order by collection_year
    )

),

compared as (

    select
        followed.*,
        (
            previous_collection_year is null
            or previous_sex_code <> sex_code
            or previous_birth_month is distinct from birth_month
            or previous_ethnicity_code <> ethnicity_code
            or previously_unaccompanied is distinct from is_unaccompanied
        ) as is_version_start

    from followed

),

version_starts as (

    select
        authority_code,
        child_key,
        sex_code,
        birth_month,
        ethnicity_code,
        is_unaccompanied,
        row_number() over of_child as version_number,
        cast(
            concat(cast(collection_year - 1 as {{ dbt.type_string() }}), '-04-01') as date
        ) as valid_from

    from compared
    where is_version_start
    window of_child as (
        partition by authority_code, child_key
        order by collection_year
    )

),

recorded as (

    select
        authority_code,
        child_key,
        -- what happened before the first return must find its child too
        case when version_number = 1 then cast('1900-01-01' as date) else valid_from end as valid_from,
        lead(valid_from) over (partition by authority_code, child_key order by valid_from) as valid_to,
        sex_code,
        birth_month,
        ethnicity_code,
        is_unaccompanied

    from version_starts

),

-- Children without a header of their own: some other file speaks of them.

mentions as (

    select
        authority_code,
        child_key,
        cast(null as {{ dbt.type_string() }}) as sex_code,
        cast(null as date) as birth_month,
        cast(null as boolean) as is_unaccompanied,
        identity_kind = 'social_care' and is_delivered as is_known_to_social_care

    from identities

    union all

    select
        authority_code,
        child_key,
        sex_code,
        birth_month,
        cast(null as boolean) as is_unaccompanied,
        true as is_known_to_social_care

    from described

    union all

    select
        in_census.authority_code,
        in_census.child_key,
        in_census.sex_code,
        in_census.birth_month,
        cast(null as boolean) as is_unaccompanied,
        true as is_known_to_social_care

    from in_census

    -- left: kept where the list does not describe the child, which may contradict it
    left join described
        on in_census.authority_code = described.authority_code
            and in_census.child_key = described.child_key
    where described.child_key is null

    union all

    select
        authority_code,
        child_key,
        cast(null as {{ dbt.type_string() }}) as sex_code,
        birth_month,
        cast(null as boolean) as is_unaccompanied,
        true as is_known_to_social_care

    from {{ ref('int_reviews_in_force') }}

    union all

    select
        authority_code,
        child_key,
        case sex_code when '1' then 'M' when '2' then 'F' else sex_code end as sex_code,
        birth_month,
        true as is_unaccompanied,
        true as is_known_to_social_care

    from {{ ref('int_uasc_in_force') }}

    union all

    -- every pupil of the area, under the child's key where the two are linked and the pupil's own where not
    select
        authority_code,
        child_key,
        cast(null as {{ dbt.type_string() }}) as sex_code,
        cast(null as date) as birth_month,
        cast(null as boolean) as is_unaccompanied,
        false as is_known_to_social_care

    from links

),

seen_pupils as (

    select
        authority_code,
        pupil_key

    from {{ ref('fct_attendance_pupil_month') }}
    union
    select
        authority_code,
        pupil_key

    from {{ ref('fct_enrolment') }}

),

-- Pupils that no list of pupils names, but a register or an enrolment does.
unlisted_pupils as (

    select
        seen_pupils.authority_code,
        seen_pupils.pupil_key as child_key

    from seen_pupils
    left join links
        on seen_pupils.authority_code = links.authority_code
            and seen_pupils.pupil_key = links.pupil_key
    where links.pupil_key is null

),

mentioned as (

    select
        authority_code,
        child_key,
        max(sex_code) as sex_code,
        max(birth_month) as birth_month,
        max(case when is_unaccompanied then 1 end) = 1 as is_unaccompanied,
        max(case when is_known_to_social_care then 1 else 0 end) = 1 as is_known_to_social_care

    from mentions
    group by authority_code, child_key

    union all

    select
        authority_code,
        child_key,
        cast(null as {{ dbt.type_string() }}) as sex_code,
        cast(null as date) as birth_month,
        cast(null as boolean) as is_unaccompanied,
        false as is_known_to_social_care

    from unlisted_pupils

),

without_header as (

    select mentioned.*

    from mentioned
    left join child_years
        on mentioned.authority_code = child_years.authority_code
            and mentioned.child_key = child_years.child_key
    where child_years.child_key is null

),

-- What the school knows. A child may have had several pupil numbers: a linked number that is on the list of pupils,
-- by number rather than by id, and the key only so that ties come out the same twice.
schooled as (

    select
        links.authority_code,
        links.child_key,
        links.link_rule,
        pupils.sex_code,
        pupils.birth_month,
        pupils.ethnicity_code,
        pupils.sen_provision_code,
        pupils.is_free_school_meals

    from links
    inner join pupils
        on links.authority_code = pupils.authority_code
            and links.pupil_key = pupils.pupil_key
    qualify
        row_number() over (
            partition by links.authority_code, links.child_key
            order by case links.link_rule when 'upn' then 1 when 'nhs_number' then 2 else 3 end, links.pupil_key
        ) = 1

),

persons as (

    select
        recorded.authority_code,
        recorded.child_key,
        recorded.valid_from,
        recorded.valid_to,
        recorded.sex_code,
        recorded.birth_month,
        recorded.ethnicity_code,
        recorded.is_unaccompanied,
        schooled.sen_provision_code,
        schooled.is_free_school_meals,
        true as is_known_to_social_care,
        false as is_inferred

    from recorded

    -- left: not every child in care is on a school's list
    left join schooled
        on recorded.authority_code = schooled.authority_code
            and recorded.child_key = schooled.child_key

    union all

    select
        without_header.authority_code,
        without_header.child_key,
        cast('1900-01-01' as date) as valid_from,
        cast(null as date) as valid_to,
        coalesce(without_header.sex_code, schooled.sex_code, 'U') as sex_code,
        coalesce(without_header.birth_month, schooled.birth_month) as birth_month,
        coalesce(
            described.ethnicity_code, in_census.ethnicity_code, schooled.ethnicity_code, 'unknown'
        ) as ethnicity_code,
        coalesce(without_header.is_unaccompanied, described.is_unaccompanied) as is_unaccompanied,
        schooled.sen_provision_code,
        schooled.is_free_school_meals,
        without_header.is_known_to_social_care,
        -- neither described by social care nor a pupil who is linked to nobody, who is a person of its own
        described.child_key is null
        and in_census.child_key is null
        and coalesce(schooled.link_rule, 'missing') <> 'none' as is_inferred

    from without_header

    -- left: a child may be mentioned and on no list of persons
    left join described
        on without_header.authority_code = described.authority_code
            and without_header.child_key = described.child_key
    left join in_census
        on without_header.authority_code = in_census.authority_code
            and without_header.child_key = in_census.child_key

    -- left: a child may be mentioned and on no list of pupils
    left join schooled
        on without_header.authority_code = schooled.authority_code
            and without_header.child_key = schooled.child_key

    union all

    -- the unknown child, once per authority
    select distinct
        authority_code,
        {{ unknown_child_key() }} as child_key,
        cast('1900-01-01' as date) as valid_from,
        cast(null as date) as valid_to,
        'U' as sex_code,
        cast(null as date) as birth_month,
        'unknown' as ethnicity_code,
        cast(null as boolean) as is_unaccompanied,
        cast(null as {{ dbt.type_string() }}) as sen_provision_code,
        cast(null as boolean) as is_free_school_meals,
        false as is_known_to_social_care,
        true as is_inferred

    from {{ ref('stg_warehouse__extracts') }}

),

final as (

    select
        persons.authority_code,
        persons.child_key,
        persons.valid_from,
        persons.valid_to,
        persons.valid_to is null as is_current,
        persons.sex_code,
        persons.birth_month,
        persons.ethnicity_code,
        coalesce(ethnicities.ethnic_group, 'Not known') as ethnic_group,
        persons.is_unaccompanied,
        persons.sen_provision_code,
        persons.is_free_school_meals,
        coalesce(
            described.disability_codes <> 'NONE',
            disabled_by_census.is_disabled
        ) as is_disabled,
        described.is_adopted_identity,
        described.is_restricted,
        mothers.mother_since,
        coalesce(described.death_month, in_census.death_month) as death_month,
        described.is_home_in_authority,
        coalesce(numbered.is_nhs_number_known, false) as is_nhs_number_known,
        persons.is_known_to_social_care,
        persons.is_inferred

    from persons

    -- left: a code outside the list must not lose the child
    left join ethnicities on persons.ethnicity_code = ethnicities.ethnicity_code

    -- left: these lists do not name everybody
    left join described
        on persons.authority_code = described.authority_code
            and persons.child_key = described.child_key
    left join in_census
        on persons.authority_code = in_census.authority_code
            and persons.child_key = in_census.child_key
    left join disabled_by_census
        on persons.authority_code = disabled_by_census.authority_code
            and persons.child_key = disabled_by_census.child_key
    left join mothers
        on persons.authority_code = mothers.authority_code
            and persons.child_key = mothers.child_key
    left join numbered
        on persons.authority_code = numbered.authority_code
            and persons.child_key = numbered.child_key

)

select * from final
