{#- Spells that lie beside the episodes: missing or away, deprivation of liberty, social workers. -#}
{%- set month_differs = "has_header and birth_month <> file_birth_month" -%}
{%- set after_care = "episode_count > 0 and period_decom is null and started_on > last_dec" -%}
{%- set outlasts_care -%}
    period_dec is not null and (ended_on is null or ended_on > period_dec)
{%- endset -%}

{%- set missing_rules = [
    ('INT04', "not has_header"),
    ('INT13', month_differs),
    ('570', "started_on > year_end"),
    ('571', "ended_on < year_start or ended_on > year_end"),
    ('574', "latest_end_before > started_on or is_open_before"),
    ('575', "ended_on is null and episode_dec is not null"),
    ('577', outlasts_care),
    ('578', after_care),
    ('581', "episode_count > 0 and period_decom is null and coalesce(started_on <= last_dec, true)"),
    ('586', "is_before_birth"),
    ('1012', "episode_count = 0"),
] -%}

{%- set dolo_rules = [
    ('702', "ended_on <= started_on"),
    ('703', "started_on > year_end"),
    ('704', "ended_on < year_start or ended_on > year_end"),
    ('705', "latest_end_before > started_on or is_open_before"),
    ('707', outlasts_care),
    ('708', "is_before_birth"),
    ('709', "ended_on is not null and unexpected_placements > 0"),
    ('710', "ended_on is not null and forbidden_placements > 0"),
] -%}

{%- set worker_rules = [
    ('SW01bSTG1', "started_on >= cast('2023-04-01' as date) and sw_reason is null"),
    ('SW02STG1', "is_worker_id_marked"),
    ('SW06STG2', "started_on > year_end"),
    ('SW07STG2', "ended_on < year_start or ended_on > year_end"),
    ('SW08STG2', "ended_on is null and not is_newest"),
    ('SW09STG2', "ended_on = started_on"),
    ('SW10STG2', "prev_ended_on is not null and (started_on < " ~ add_days('prev_ended_on', -7) ~ " or started_on > " ~ add_days('prev_ended_on', 7) ~ ")"),
    ('SW11bSTG2', "is_newest and is_in_care_at_year_end and ended_on < year_end"),
    ('SW12STG2', "is_oldest and is_in_care_at_year_end and started_on > " ~ add_days('year_start', 7) ~ " and first_care_decom < year_start"),
    ('SW17STG2', "is_newest and is_in_care_at_year_end and ended_on is not null"),
] -%}

with

children as (

    select * from {{ ref('dq_children') }}

),

episodes as (

    select
        *,
        coalesce(dec, cast('9999-12-31' as date)) as dec_or_never

    from {{ ref('dq_episodes') }}

),

spells as (

    select
        'missing' as kind,
        authority_code,
        collection_year,
        child_key,
        birth_month as file_birth_month,
        started_on,
        ended_on,
        cast(null as {{ dbt.type_string() }}) as sw_reason,
        marks,
        source_file,
        source_row

    from {{ ref('stg_social_care__missing') }}
    union all
    select
        'dolo' as kind,
        authority_code,
        collection_year,
        child_key,
        birth_month as file_birth_month,
        started_on,
        ended_on,
        cast(null as {{ dbt.type_string() }}) as sw_reason,
        marks,
        source_file,
        source_row

    from {{ ref('stg_social_care__dolo') }}
    union all
    select
        'worker' as kind,
        authority_code,
        collection_year,
        child_key,
        birth_month as file_birth_month,
        started_on,
        ended_on,
        change_reason_code as sw_reason,
        marks,
        source_file,
        source_row

    from {{ ref('stg_social_care__sw_episodes') }}

),

-- The episode and the period of care in which the spell began; on a day that two share, the later one.
placed as (

    select
        spells.kind,
        spells.source_file,
        spells.source_row,
        max(case when spells.started_on between episodes.decom and episodes.dec_or_never then episodes.period_decom end)
            as period_decom,
        max(
            case when spells.started_on between episodes.decom and episodes.dec_or_never then episodes.period_dec end
        ) as period_dec,
        max(case when spells.started_on >= episodes.decom and spells.started_on < episodes.dec then episodes.dec end)
            as episode_dec,
        count(
            case
                when
                    spells.started_on <= episodes.dec_or_never and spells.ended_on >= episodes.decom
                    and coalesce(episodes.place, '') not in ('K2', 'Z12', 'Z13')
                    then 1
            end
        ) as unexpected_placements,
        count(
            case
                when
                    spells.started_on <= episodes.dec_or_never and spells.ended_on >= episodes.decom
                    and episodes.place in ('K1', 'P1', 'R5', 'K3')
                    then 1
            end
        ) as forbidden_placements

    from spells
    inner join episodes
        on spells.authority_code = episodes.authority_code
            and spells.collection_year = episodes.collection_year
            and spells.child_key = episodes.child_key
    group by spells.kind, spells.source_file, spells.source_row

),

prepared as (

    select
        children.*,
        spells.kind,
        spells.file_birth_month,
        spells.started_on,
        spells.ended_on,
        spells.sw_reason,
        spells.source_file,
        spells.source_row,
        {{ has_mark('spells.marks', 'BEFORE-BIRTH') }} as is_before_birth,
        {{ has_mark('spells.marks', 'SOCIAL-WORKER-ID') }} as is_worker_id_marked,
        placed.period_decom,
        placed.period_dec,
        placed.episode_dec,
        coalesce(placed.unexpected_placements, 0) as unexpected_placements,
        coalesce(placed.forbidden_placements, 0) as forbidden_placements,
        lag(spells.ended_on) over child_spells as prev_ended_on,
        lag(spells.started_on) over child_spells is null as is_oldest,
        lead(spells.started_on) over child_spells is null as is_newest,
        max(spells.ended_on) over spells_before as latest_end_before,
        coalesce(max(case when spells.ended_on is null then 1 else 0 end) over spells_before, 0) = 1 as is_open_before

    from spells
    inner join children
        on spells.authority_code = children.authority_code
            and spells.collection_year = children.collection_year
            and spells.child_key = children.child_key

    -- left: a child may have no episode in the return
    left join placed
        on spells.kind = placed.kind
            and spells.source_file = placed.source_file
            and spells.source_row = placed.source_row
    window
        child_spells as (
            partition by spells.kind, spells.authority_code, spells.collection_year, spells.child_key
            order by spells.started_on, spells.source_row
        ),
        spells_before as (
            partition by spells.kind, spells.authority_code, spells.collection_year, spells.child_key
            order by spells.started_on, spells.source_row
            rows between unbounded preceding and 1 preceding
        )

),

{%- for kind in ['missing', 'dolo', 'worker'] %}
{{ kind }} as (

    select * from prepared
    where kind = '{{ kind }}'

),

{%- endfor %}

-- Open at the end of last year's return and not there at the start of this one: the row is last year's.
left_open as (

    select
        last_year.authority_code,
        last_year.collection_year + 1 as collection_year,
        last_year.child_key,
        last_year.kind,
        last_year.source_file,
        last_year.source_row

    from spells as last_year
    inner join {{ ref('dq_returns') }} as returns
        on last_year.authority_code = returns.authority_code
            and last_year.collection_year + 1 = returns.collection_year
    left join spells as this_year
        on last_year.kind = this_year.kind
            and last_year.authority_code = this_year.authority_code
            and last_year.collection_year + 1 = this_year.collection_year
            and last_year.child_key = this_year.child_key
            and last_year.started_on = this_year.started_on
    where last_year.ended_on is null and this_year.child_key is null

),

final as (
    {{ findings('missing', 'ssda903_missing', missing_rules) }}
    union all
    {{ findings('dolo', 'ssda903_dolo', dolo_rules) }}
    union all
    {{ findings('worker', 'ssda903_sw_episodes', worker_rules) }}
    union all
    {{ findings('left_open', 'ssda903_missing', [('576', "kind = 'missing'")]) }}
    union all
    {{ findings('left_open', 'ssda903_dolo', [('706', "kind = 'dolo'")]) }}
)

select * from final
