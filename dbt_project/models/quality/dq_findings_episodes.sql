{%- set final_end = "rec is not null and rec <> 'X1'" -%}
{%- set needs_no_urn -%}
    coalesce(place, '') in (
        'H5', 'P1', 'P2', 'P3', 'R1', 'R2', 'R5', 'T0', 'T1', 'T2', 'T3', 'T4', 'Z1', 'Z11', 'Z12', 'Z13', 'Z14'
    )
{%- endset -%}
{%- set is_first_after_open = "is_first and is_open_last_year" -%}
{#- Miles and authority are not asked of children on short breaks and of those who are or were unaccompanied; of rows
    landed before the directory of postcodes was looked up nothing is known. -#}
{%- set has_place = "not is_short_break and not is_or_was_unaccompanied and (pl_distance is not null or pl_distance_missing is not null)" -%}
{%- set lacks_distance = has_place ~ " and pl_distance_missing in ('home_unknown', 'placement_unknown', 'home_blank', 'placement_blank')" -%}
{%- set other_area = has_place ~ " and " ~ is_first_after_open ~ " and pl_la <> last_year_pl_la" -%}
{%- set other_distance = has_place ~ " and " ~ is_first_after_open ~ " and abs(pl_distance - last_year_pl_distance) >= 0.2" -%}
{%- set at_start -%}{{ turned(0, 'birth_month', 'decom') }}{%- endset -%}

{#- Rules of one episode, then of an episode and its neighbours, of its header, and of the year before. -#}
{%- set rules = [
    ('146', "is_place_out_of_date"),
    ('148', "(dec is null) <> (rec is null)"),
    ('149', "is_rec_out_of_date"),
    ('164', lacks_distance),
    ('169', has_place ~ " and pl_la is null"),
    ('179', has_place ~ " and is_pl_in_authority is null"),
    ('178', "place in ('T0', 'T1', 'T2', 'T3', 'T4', 'Z1', 'Z11', 'Z12', 'Z13', 'Z14') and place_provider is not null"),
    ('1009', "is_change_out_of_date"),
    ('213', "(is_temporary or place in ('Z11', 'Z12', 'Z13', 'Z14')) and place_provider is not null"),
    ('214', "is_short_break and (pl_post is not null or urn is not null)"),
    ('217', "place in ('A3', 'A5') and decom >= cast('2015-04-01' as date) and coalesce(rne, '') not in ('S', 'T', 'U')"),
    ('218', "urn is null and not is_short_break and not " ~ needs_no_urn ~ " and coalesce(pl_la, '') not in ('WAL', 'SCO', 'NIR', 'NUK') and (dec is null or dec >= year_start)"),
    ('222', "urn is not null and " ~ needs_no_urn),
    ('233', "dec is null and reason_place_change is not null"),
    ('353', "decom < cast('1991-10-14' as date)"),
    ('354', "decom > year_end"),
    ('355', "decom = dec"),
    ('365', "ls = 'V3' and " ~ days_between('decom', 'dec_or_now') ~ " > 17"),
    ('366', "ls = 'V3' and coalesce(rne, '') <> 'S'"),
    ('375', "place = 'T1' and " ~ days_between('decom', 'dec_or_now') ~ " > 42"),
    ('376', "place = 'T3' and " ~ days_between('decom', 'dec_or_now') ~ " > 21"),
    ('378', "place = 'P1' and ls = 'V2'"),
    ('379', "place = 'T4' and " ~ days_between('decom', 'dec_or_now') ~ " > 7"),
    ('380', "is_temporary and coalesce(rne, '') not in ('P', 'B')"),
    ('381', "is_temporary and " ~ final_end),
    ('382', "is_short_break and is_temporary"),
    ('384', "is_short_break and place in ('U1', 'U4')"),
    ('385', "dec > year_end"),
    ('390', "rec in ('E11', 'E12') and coalesce(place, '') not in ('A3', 'A4', 'A5', 'A6')"),
    ('392a', lacks_distance),
    ('392c', "pl_distance_missing in ('home_unknown', 'placement_unknown')"),
    ('392b', "not is_short_break and not is_or_was_unaccompanied and (home_post is null or pl_post is null)"),
    ('392d', "home_post = pl_post and coalesce(place, '') <> 'P1'"),
    ('398', "is_short_break and (home_post is not null or pl_post is not null)"),
    ('406', "is_or_was_unaccompanied and pl_distance is not null"),
    ('408', "place in ('A5', 'A6') and coalesce(ls, '') <> 'E1'"),
    ('420', "is_short_break and pl_la is not null"),
    ('446', "ls = 'E1' and decom < cast('2005-12-01' as date)"),
    ('454', has_place ~ " and pl_distance > 350"),
    ('516', "rec in ('E43', 'E45', 'E46') and coalesce(place, '') not in ('U1', 'U2', 'U3', 'U4', 'U5', 'U6')"),
    ('526', "place_provider is null and not is_temporary and coalesce(place, '') not in ('Z1', 'Z11', 'Z12', 'Z13', 'Z14')"),
    ('527', "place_provider = 'PR1' and place in ('P1', 'R2', 'R5')"),
    ('528', "place_provider = 'PR2' and place in ('P1', 'R2', 'R5')"),
    ('529', "place_provider = 'PR3' and place in ('P1', 'A3', 'A4', 'A5', 'A6', 'K1', 'K2', 'U1', 'U2', 'U3', 'U4', 'U5', 'U6')"),
    ('530', "place_provider = 'PR4' and place = 'P1'"),
    ('531', "place_provider = 'PR5' and place = 'P1'"),
    ('550', "place_provider = 'PR0' and coalesce(place, '') <> 'P1'"),
    ('1015', has_place ~ " and place_provider = 'PR1' and not is_pl_in_authority and coalesce(place, '') not in ('A3', 'A4', 'A5', 'A6', 'U1', 'U2', 'U3', 'U4', 'U5', 'U6')"),

    ('142', "next_decom is not null and (dec is null or rec is null)"),
    ('225', "rec = 'X1' and reason_place_change is null and not is_temporary and next_rne in ('P', 'B', 'T', 'U') and coalesce(next_place, '') not in ('T0', 'T1', 'T2', 'T3', 'T4')"),
    ('226', "is_temporary and (reason_place_change is not null or prev_reason_place_change is not null)"),
    ('234', "reason_place_change = 'CUSTOD' and next_decom is not null", "not " ~ turned(10, 'birth_month', 'next_decom')),
    ('336', "place in ('A3', 'A5') and not is_first and coalesce(prev_place, '') not in ('A3', 'A4', 'A5', 'A6', 'U1', 'U2', 'U3', 'U4', 'U5', 'U6')"),
    ('357', "is_first and decom >= year_start and coalesce(rne, '') <> 'S'"),
    ('361', "ls = 'L1' and ls_run_days > 3"),
    ('362', "ls = 'L2' and ls_run_days > 21"),
    ('363', "ls = 'L3' and ls_run_days > 7"),
    ('364', "ls = 'J2' and ls_run_days > 21"),
    ('367', "ls = 'V3' and break_days > 75"),
    ('377', "place = 'T3' and t3_count > 2"),
    ('383', "prev_place in ('T0', 'T1', 'T2', 'T3', 'T4') and episode_number > 2 and (coalesce(rne, '') <> 'P' or place is distinct from prev_prev_place or (collection_year >= 2026 and pl_post is distinct from prev_prev_pl_post))"),
    ('388', "dec is not null and ((rec = 'X1' and dec is distinct from next_decom) or (" ~ final_end ~ " and dec = next_decom))"),
    ('426', "is_short_break and v3_count > 0 and v4_count > 0"),
    ('431', "rne = 'S' and decom <= prev_dec"),
    ('432', "coalesce(rne, '') <> 'S' and prev_rec <> 'X1'"),
    ('433', "rne in ('P', 'L', 'T', 'U', 'B') and not is_first and prev_dec is distinct from decom"),
    ('434', "rne = 'L' and not is_first and (ls is not distinct from prev_ls or not is_same_placement)"),
    ('435', "rne in ('P', 'T') and not is_first and (ls is distinct from prev_ls or is_same_placement)"),
    ('436', "rne in ('B', 'U') and not is_first and (ls is not distinct from prev_ls or is_same_placement)"),
    ('437', "rec in ('E2', 'E15') and next_decom is not null"),
    ('501', "decom < prev_dec"),
    ('504', "prev_rec = 'X1' and prev_dec = decom and cin is distinct from prev_cin"),

    ('INT03', "not has_header"),
    ('199', "is_after_adoption"),
    ('302', "is_first", "not " ~ at_start),
    ('352', "rne = 'S'", turned(18, 'birth_month', 'decom')),
    ('358', "ls in ('J1', 'J2', 'J3')", "not " ~ turned(10, 'birth_month', 'decom')),
    ('359', "dec is null and not coalesce(ls = 'V2' and place = 'K2', false)", turned(18, 'birth_month', add_days('known_until', -1))),
    ('371', "place = 'K3' and collection_year >= 2024", "not " ~ turned(16, 'birth_month', 'decom')),
    ('371', "place = 'H5' and collection_year < 2024", "not " ~ turned(14, 'birth_month', 'decom')),
    ('372', "place = 'R5'", "not " ~ turned(10, 'birth_month', 'decom')),
    ('373', "place = 'S1'", "not " ~ turned(4, 'birth_month', 'decom')),
    ('374', "place = 'P3'", "not " ~ turned(14, 'birth_month', 'decom')),
    ('386', "rec in ('E11', 'E12') and dec is not null", turned(18, 'birth_month', 'dec')),
    ('387', "rec in ('E5', 'E6') and dec is not null", "not " ~ turned(14, 'birth_month', 'dec')),
    ('389', "rec = 'E7' and dec is not null", "not " ~ turned(16, 'birth_month', 'dec')),
    ('407', "rec in ('E43', 'E44', 'E45', 'E46', 'E47', 'E48') and dec is not null", turned(18, 'birth_month', add_days('dec', -1))),
    ('460', "rec = 'E17' and dec is not null", "not " ~ turned(18, 'birth_month', 'dec')),
    ('607', final_end ~ " and not is_short_break and dec between year_start and year_end and sex in ('2', 'F') and mother is null"),

    ('NoE', "decom < year_start and last_year_decom is null"),
    ('502', is_first_after_open ~ " and decom <> last_year_decom"),
    ('503A', is_first_after_open ~ " and rne is distinct from last_year_rne"),
    ('503B', is_first_after_open ~ " and ls is distinct from last_year_ls"),
    ('503C', is_first_after_open ~ " and cin is distinct from last_year_cin"),
    ('503D', is_first_after_open ~ " and place is distinct from last_year_place and not coalesce((last_year_place = 'H5' and place = 'K3' and collection_year in (2024, 2025)) or (last_year_place = 'Z1' and place in ('Z11', 'Z12', 'Z13', 'Z14') and collection_year = 2026), false)"),
    ('503E', is_first_after_open ~ " and place_provider is distinct from last_year_place_provider"),
    ('503F', is_first_after_open ~ " and urn is distinct from last_year_urn"),
    ('452', other_area),
    ('453', other_distance),
    ('503G', other_distance),
    ('503H', other_area),
    ('503J', has_place ~ " and " ~ is_first_after_open ~ " and is_pl_in_authority <> is_pl_in_authority_last_year"),
    ('562', "is_first and decom < year_start and decom is distinct from last_year_decom"),
] -%}

{#- Rules of an episode beside what other files say of its child. -#}
{%- set rules_beside = [
    ('191', "is_first and is_continuously_looked_after and not has_oc2"),
    ('551', "place in ('A3', 'A4', 'A5', 'A6') and not has_placed"),
    ('553', "ls = 'E1' and not has_placed"),
    ('557', "(place in ('A3', 'A4', 'A5', 'A6') or ls in ('D1', 'E1')) and " ~ final_end ~ " and rec not in ('E11', 'E12') and (not has_placed or has_placed_not_ceased)"),
    ('558', "rec in ('E11', 'E12') and has_placed_ceased"),
    ('582', "rec in ('E11', 'E12') and dec = date_match"),
    ('601', "rec in ('E11', 'E12') and dec between year_start and year_end and not is_ad1_completed"),
    ('630', "rne = 'S' and decom >= year_start and decom >= cast('2016-04-01' as date) and (prev_perm is null or (prev_perm <> 'Z1' and (la_perm is null or date_perm is null)))"),
] -%}

with

beside as (

    select
        episodes.*,
        children.is_continuously_looked_after,
        children.has_oc2,
        children.has_placed,
        children.has_placed_not_ceased,
        children.has_placed_ceased,
        children.is_ad1_completed,
        children.date_match,
        children.prev_perm,
        children.la_perm,
        children.date_perm

    from {{ ref('dq_episodes') }} as episodes
    inner join {{ ref('dq_children') }} as children
        on episodes.authority_code = children.authority_code
            and episodes.collection_year = children.collection_year
            and episodes.child_key = children.child_key

),

final as (
    {{ findings(ref('dq_episodes'), 'ssda903_episodes', rules) }}
    union all
    {{ findings('beside', 'ssda903_episodes', rules_beside) }}
)

select * from final
