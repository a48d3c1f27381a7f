with

terms as (

    select * from {{ ref('school_term') }}

),

authorities as (

    select distinct authority_code

    from {{ ref('dim_extract') }}

),

told as (

    select distinct
        authority_code,
        school_year

    from terms
    where authority_code is not null

),

applying as (

    select
        authority_code,
        school_year,
        half_term,
        term,
        first_day,
        last_day,
        true as is_own

    from terms
    where authority_code is not null
    union all
    select
        authorities.authority_code,
        terms.school_year,
        terms.half_term,
        terms.term,
        terms.first_day,
        terms.last_day,
        false as is_own

    from terms
    cross join authorities

    -- left: most authorities' own dates are not known
    left join told
        on authorities.authority_code = told.authority_code
            and terms.school_year = told.school_year
    where terms.authority_code is null and told.authority_code is null

),

bounded as (

    select
        applying.*,
        cast(concat(cast(school_year as {{ dbt.type_string() }}), '-09-01') as date) as year_starts_on,
        lead(first_day) over (partition by authority_code, school_year order by half_term) as next_first_day

    from applying

),

final as (

    select
        authority_code,
        school_year,
        half_term,
        term,
        first_day,
        last_day,
        case when half_term = 1 then year_starts_on else first_day end as started_on,
        coalesce(next_first_day, {{ add_months('year_starts_on', 12) }}) as ended_on,
        is_own

    from bounded

)

select * from final
