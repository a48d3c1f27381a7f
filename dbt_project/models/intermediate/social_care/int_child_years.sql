with

-- A whole list names no year: it speaks of the collection year in which it was generated.
headers as (

    select
        authority_code,
        child_key,
        coalesce(collection_year, {{ collection_year_of('stamp') }}) as collection_year,
        sex_code,
        birth_month,
        ethnicity_code,
        mother_code,
        birth_month_of_own_child,
        stamp,
        source_file,
        source_row

    from {{ ref('int_headers_by_year') }}

),

unaccompanied as (

    select distinct
        authority_code,
        child_key,
        coalesce(collection_year, {{ collection_year_of('stamp') }}) as collection_year

    from {{ ref('int_uasc_by_year') }}

),

unaccompanied_files as (

    select distinct
        authority_code,
        coalesce(collection_year, {{ collection_year_of('generated_at') }}) as collection_year

    from {{ ref('stg_warehouse__extracts') }}
    where dataset = 'ssda903_uasc'

),

newest as (

    select *

    from headers
    qualify
        row_number() over (
            partition by authority_code, child_key, collection_year
            order by stamp desc, source_file desc, source_row desc
        ) = 1

),

final as (

    select
        newest.authority_code,
        newest.child_key,
        newest.collection_year,
        case newest.sex_code
            when '1' then 'M'
            when '2' then 'F'
            else coalesce(newest.sex_code, 'U')
        end as sex_code,
        newest.birth_month,
        {{ or_unknown('newest.ethnicity_code') }} as ethnicity_code,
        -- no file of unaccompanied children says nothing; a file without the child says no
        case
            when unaccompanied.child_key is not null then true
            when unaccompanied_files.collection_year is not null then false
        end as is_unaccompanied,
        case
            when newest.mother_code = '1'
                then coalesce(
                        newest.birth_month_of_own_child,
                        cast(concat(cast(newest.collection_year - 1 as {{ dbt.type_string() }}), '-04-01') as date)
                    )
        end as mother_since

    from newest

    -- left: most children never sought asylum
    left join unaccompanied
        on newest.authority_code = unaccompanied.authority_code
            and newest.child_key = unaccompanied.child_key
            and newest.collection_year = unaccompanied.collection_year
    left join unaccompanied_files
        on newest.authority_code = unaccompanied_files.authority_code
            and newest.collection_year = unaccompanied_files.collection_year

)

select * from final
