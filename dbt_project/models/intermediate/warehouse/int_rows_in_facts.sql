with

extracts as (

    select * from {{ ref('dim_extract') }}

),

child_years as (

    select * from {{ ref('int_child_years') }}

),

children as (

    select * from {{ ref('dim_child') }}

),

-- The child as dim_child has it at the end of a collection year.

header_years as (

    select
        child_years.authority_code,
        count(*) as rows_in_facts

    from child_years
    inner join children
        on child_years.authority_code = children.authority_code
            and child_years.child_key = children.child_key
            and {{ is_on(
            "cast(concat(cast(child_years.collection_year as " ~ dbt.type_string() ~ "), '-03-31') as date)",
            'children.valid_from',
            'children.valid_to'
        ) }}
            and child_years.birth_month is not distinct from children.birth_month
            and child_years.ethnicity_code = children.ethnicity_code
    group by child_years.authority_code

),

unaccompanied as (

    select distinct
        authority_code,
        child_key,
        coalesce(collection_year, {{ collection_year_of('stamp') }}) as collection_year

    from {{ ref('int_uasc_by_year') }}

),

unaccompanied_judged as (

    select
        unaccompanied.authority_code,
        coalesce(children.is_unaccompanied, false) as is_in_facts,
        headers.child_key is null as is_without_header

    from unaccompanied
    left join children
        on unaccompanied.authority_code = children.authority_code
            and unaccompanied.child_key = children.child_key
            and {{ is_on(
            "cast(concat(cast(unaccompanied.collection_year as " ~ dbt.type_string() ~ "), '-03-31') as date)",
            'children.valid_from',
            'children.valid_to'
        ) }}
    left join child_years as headers
        on unaccompanied.authority_code = headers.authority_code
            and unaccompanied.child_key = headers.child_key
            and unaccompanied.collection_year = headers.collection_year

),

without_header as (

    select
        authority_code,
        'ssda903_uasc' as dataset,
        count(*) as rows_without_header

    from unaccompanied_judged
    where not is_in_facts and is_without_header
    group by authority_code

),

in_facts as (

    {%- for dataset, model, condition in row_for_row() %}
        select
            authority_code,
            '{{ dataset }}' as dataset,
            count(*) as rows_in_facts

        from {{ ref(model) }}
        where {{ condition or 'true' }}
        group by authority_code
        union all
    {%- endfor %}
    select
        authority_code,
        'ssda903_header' as dataset,
        rows_in_facts

    from header_years
    union all
    -- one header a document, and dim_extract tells of each
    select
        authority_code,
        'cin_header' as dataset,
        count(*) as rows_in_facts

    from extracts
    where dataset = 'cin_header'
    group by authority_code
    union all
    select
        authority_code,
        'ssda903_uasc' as dataset,
        count(*) as rows_in_facts

    from unaccompanied_judged
    where is_in_facts
    group by authority_code
    union all
    select
        links.authority_code,
        'pupils' as dataset,
        count(*) as rows_in_facts

    from {{ ref('bridge_pupil_child') }} as links
    inner join {{ ref('stg_education__pupils') }} as pupils
        on links.authority_code = pupils.authority_code
            and links.pupil_key = pupils.pupil_key
    group by links.authority_code
    union all
    -- a person is told of by dim_child, whatever child it is
    select
        persons.authority_code,
        'persons' as dataset,
        count(*) as rows_in_facts

    from {{ ref('stg_social_care__persons') }} as persons
    inner join {{ ref('stg_warehouse__child_identities') }} as identities
        on persons.authority_code = identities.authority_code
            and persons.child_key = identities.identity_key
            and identities.identity_kind = 'social_care'
    group by persons.authority_code
    union all
    -- dim_child tells of each child of the newest census that names it
    select
        authority_code,
        'cin_child' as dataset,
        count(*) as rows_in_facts

    from {{ ref('int_cin_children_in_force') }}
    group by authority_code
    union all
    -- a patient is an identity of a child, and what the trust lists of it finds the child by that
    select
        patients.authority_code,
        'patients' as dataset,
        count(*) as rows_in_facts

    from {{ ref('stg_health__patients') }} as patients
    inner join {{ ref('stg_warehouse__child_identities') }} as identities
        on patients.authority_code = identities.authority_code
            and patients.patient_key = identities.identity_key
            and identities.identity_kind = 'health'
    group by patients.authority_code

),

told as (

    select
        authority_code,
        dataset,
        sum(rows_in_facts) as rows_in_facts,
        cast(0 as bigint) as rows_without_header

    from in_facts
    group by authority_code, dataset
    union all
    select
        authority_code,
        dataset,
        0 as rows_in_facts,
        rows_without_header

    from without_header

),

final as (

    select
        authority_code,
        dataset,
        sum(rows_in_facts) as rows_in_facts,
        sum(rows_without_header) as rows_without_header

    from told
    group by authority_code, dataset

)

select * from final
