{#- The birthday that falls into the collection year, from the month of birth: it decides for which age the young person
    is reported, and to the month it is exact.
        2017, born in April 1997 -> 19 in April 2016    2017, born in March 1997 -> 20 in March 2017
    In touch: YES. Not in touch: NO, and REFU and NREQ, which say why not. DIED and RHOM (home for six months) say that
    the young person is not in the published population: null, and is_in_population is false. -#}
with

leavers as (

    {{ in_force(
        of_children(ref('stg_social_care__oc3'), 'social_care'),
        ['authority_code', 'child_key', 'collection_year']
    ) }}

),

activities as (

    select * from {{ ref('dim_care_leaver_activity') }}

),

accommodation as (

    select * from {{ ref('dim_care_leaver_accommodation') }}

),

reported as (

    select
        *,
        -- a whole list names no year: it speaks of the one in which it was generated
        coalesce(collection_year, {{ collection_year_of('stamp') }}) as reported_year

    from leavers

),

newest as (

    select
        *,
        reported_year - case when extract(month from birth_month) >= 4 then 1 else 0 end as birthday_year

    from reported
    qualify
        row_number() over (
            partition by authority_code, child_key, reported_year
            order by stamp desc, source_file desc, source_row desc
        ) = 1

),

final as (

    select
        newest.authority_code,
        newest.child_key,
        cast(newest.reported_year as integer) as collection_year,
        cast(newest.birthday_year - extract(year from newest.birth_month) as integer) as age_on_birthday,
        {{ add_months(
            'newest.birth_month', '12 * cast(newest.birthday_year - extract(year from newest.birth_month) as integer)'
        ) }} as birthday_month,
        {{ or_unknown('newest.in_touch_code') }} as in_touch_code,
        case
            when newest.in_touch_code = 'YES' then true
            when newest.in_touch_code in ('NO', 'REFU', 'NREQ') then false
        end as is_in_touch,
        case
            when newest.in_touch_code in ('DIED', 'RHOM') then false
            when newest.in_touch_code is not null then true
        end as is_in_population,
        {{ or_unknown('newest.activity_code') }} as activity_code,
        activities.is_in_education_employment_training,
        {{ or_unknown('newest.accommodation_code') }} as accommodation_code,
        accommodation.is_suitable as is_in_suitable_accommodation,
        newest.marks,
        newest.source_file,
        newest.source_row

    from newest

    -- left: a code that is blank or outside the list is not judged
    left join activities on newest.activity_code = activities.activity_code
    left join accommodation on newest.accommodation_code = accommodation.accommodation_code

)

select * from final
