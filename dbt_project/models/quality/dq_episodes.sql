{#- Columns bear the return's own names here: the rules speak of them. -#}

with

returns as (

    select * from {{ ref('dq_returns') }}

),

headers as (

    select * from {{ ref('stg_social_care__header') }}

),

unaccompanied as (

    select
        authority_code,
        child_key,
        min(collection_year) as first_collection_year

    from {{ ref('stg_social_care__uasc') }}
    where collection_year is not null
    group by authority_code, child_key

),

placement_types as (

    select * from {{ ref('placement_type') }}

),

end_reasons as (

    select * from {{ ref('code_list') }}
    where list_name = 'REC'

),

change_reasons as (

    select * from {{ ref('code_list') }}
    where list_name = 'REASON_PLACE_CHANGE'

),

episodes as (

    select
        authority_code,
        collection_year,
        child_key,
        started_on as decom,
        new_episode_reason_code as rne,
        legal_status_code as ls,
        category_of_need_code as cin,
        placement_type_code as place,
        provider_code as place_provider,
        ended_on as dec,
        end_reason_code as rec,
        placement_change_reason_code as reason_place_change,
        home_postcode_key as home_post,
        placement_postcode_key as pl_post,
        provider_urn as urn,
        placement_authority_code as pl_la,
        is_placement_in_authority as is_pl_in_authority,
        distance_miles as pl_distance,
        distance_missing_reason_code as pl_distance_missing,
        source_file,
        source_row,
        row_number() over newest_first = 1 as is_last

    from {{ ref('stg_social_care__episodes') }}
    where collection_year is not null
    window newest_first as (
        partition by authority_code, collection_year, child_key
        order by started_on desc
    )

),

last_of_year as (

    select * from episodes
    where is_last

),

adoptions as (

    select
        authority_code,
        child_key,
        min(decom) as first_adopted_decom

    from episodes
    where rec in ('E11', 'E12')
    group by authority_code, child_key

),

beside as (

    select
        episodes.*,
        returns.year_start,
        returns.year_end,
        returns.known_until,
        headers.child_key is not null as has_header,
        headers.sex_code as sex,
        headers.mother_code as mother,
        headers.birth_month,
        coalesce(unaccompanied.first_collection_year <= episodes.collection_year, false) as is_or_was_unaccompanied,
        coalesce(adoptions.first_adopted_decom < episodes.decom, false) as is_after_adoption,
        coalesce(
            placement_types.valid_to < returns.year_start or placement_types.valid_from > returns.year_end, false
        ) as is_place_out_of_date,
        coalesce(
            end_reasons.valid_to < returns.year_start or end_reasons.valid_from > returns.year_end, false
        ) as is_rec_out_of_date,
        coalesce(
            change_reasons.valid_to < returns.year_start or change_reasons.valid_from > returns.year_end, false
        ) as is_change_out_of_date,
        last_year.decom as last_year_decom,
        last_year.decom is not null and last_year.dec is null as is_open_last_year,
        last_year.rne as last_year_rne,
        last_year.ls as last_year_ls,
        last_year.cin as last_year_cin,
        last_year.place as last_year_place,
        last_year.place_provider as last_year_place_provider,
        last_year.urn as last_year_urn,
        last_year.pl_la as last_year_pl_la,
        last_year.is_pl_in_authority as is_pl_in_authority_last_year,
        last_year.pl_distance as last_year_pl_distance

    from episodes
    inner join returns
        on episodes.authority_code = returns.authority_code
            and episodes.collection_year = returns.collection_year

    -- left: a header may be missing, most children are not unaccompanied, a code may be blank, a child new
    left join headers
        on episodes.authority_code = headers.authority_code
            and episodes.collection_year = headers.collection_year
            and episodes.child_key = headers.child_key
    left join unaccompanied
        on episodes.authority_code = unaccompanied.authority_code
            and episodes.child_key = unaccompanied.child_key
    left join adoptions
        on episodes.authority_code = adoptions.authority_code
            and episodes.child_key = adoptions.child_key
    left join placement_types
        on episodes.place = placement_types.placement_type_code
    left join end_reasons
        on episodes.rec = end_reasons.code
    left join change_reasons
        on episodes.reason_place_change = change_reasons.code
    left join last_of_year as last_year
        on episodes.authority_code = last_year.authority_code
            and episodes.collection_year = last_year.collection_year + 1
            and episodes.child_key = last_year.child_key

),

neighbours as (

    select
        beside.*,
        coalesce(place in ('T0', 'T1', 'T2', 'T3', 'T4'), false) as is_temporary,
        coalesce(ls in ('V3', 'V4'), false) as is_short_break,
        coalesce(dec, known_until) as dec_or_now,
        row_number() over child_episodes as episode_number,
        lag(decom) over child_episodes as prev_decom,
        lag(dec) over child_episodes as prev_dec,
        lag(rec) over child_episodes as prev_rec,
        lag(ls) over child_episodes as prev_ls,
        lag(cin) over child_episodes as prev_cin,
        lag(place) over child_episodes as prev_place,
        lag(place_provider) over child_episodes as prev_place_provider,
        lag(pl_post) over child_episodes as prev_pl_post,
        lag(urn) over child_episodes as prev_urn,
        lag(reason_place_change) over child_episodes as prev_reason_place_change,
        lag(place, 2) over child_episodes as prev_prev_place,
        lag(pl_post, 2) over child_episodes as prev_prev_pl_post,
        lead(decom) over child_episodes as next_decom,
        lead(rne) over child_episodes as next_rne,
        lead(place) over child_episodes as next_place

    from beside
    window child_episodes as (
        partition by authority_code, collection_year, child_key
        order by decom
    )

),

compared as (

    select
        neighbours.*,
        episode_number = 1 as is_first,
        case when prev_decom is null or decom > prev_dec then 1 else 0 end as starts_period,
        case when prev_decom is not null and decom = prev_dec and ls = prev_ls then 0 else 1 end as starts_ls_run,
        (
            place is not distinct from prev_place
            and place_provider is not distinct from prev_place_provider
            and pl_post is not distinct from prev_pl_post
            and urn is not distinct from prev_urn
        ) as is_same_placement

    from neighbours

),

numbered as (

    select
        compared.*,
        sum(starts_period) over so_far as period_number,
        lead(starts_period, 1, 1) over child_episodes = 1 as is_last_of_period,
        sum(starts_ls_run) over so_far as ls_run_number

    from compared
    window
        child_episodes as (
            partition by authority_code, collection_year, child_key
            order by decom
        ),
        so_far as (
            partition by authority_code, collection_year, child_key
            order by decom
            rows between unbounded preceding and current row
        )

),

final as (

    select
        numbered.*,
        min(decom) over period_of_care as period_decom,
        max(case when is_last_of_period then dec end) over period_of_care as period_dec,
        sum({{ days_between('decom', 'dec_or_now') }}) over ls_run as ls_run_days,
        sum(
            case
                when ls = 'V3'
                    then greatest(0, {{ days_between('greatest(decom, year_start)', 'least(dec_or_now, year_end)') }})
                else 0
            end
        ) over whole_return as break_days,
        count(case when place = 'T3' then 1 end) over whole_return as t3_count,
        count(case when ls = 'V3' then 1 end) over whole_return as v3_count,
        count(case when ls = 'V4' then 1 end) over whole_return as v4_count

    from numbered
    window
        period_of_care as (partition by authority_code, collection_year, child_key, period_number),
        ls_run as (partition by authority_code, collection_year, child_key, ls_run_number),
        whole_return as (partition by authority_code, collection_year, child_key)

)

select * from final
