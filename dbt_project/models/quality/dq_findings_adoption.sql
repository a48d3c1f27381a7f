{%- set month_differs = "has_header and birth_month <> file_birth_month" -%}

{%- set adoption_rules = [
    ('INT01', "not has_header"),
    ('INT11', month_differs),
    ('134', "is_oc3_completed and is_ad1_begun"),
    ('151', "is_ad1_begun and not is_ad1_completed"),
    ('187', "is_ad1_begun and is_continuously_looked_after"),
    ('331', "date_match > adopted_decom"),
    ('333', "date_match is not null and (date_int is null or date_int > date_match)"),
    ('334', "date_int < last_started_decom"),
    ('335', "(adopted_place in ('A3', 'A5') and foster_care = '0') or (adopted_place in ('A4', 'A6') and foster_care = '1')"),
    ('511', "nb_adoptr = '2' and sex_adoptr in ('M1', 'F1')"),
    ('514', "ls_adoptr = 'L0' and coalesce(sex_adoptr, '') not in ('M1', 'F1')"),
    ('517', "ls_adoptr = 'L3' and coalesce(sex_adoptr, '') <> 'MF'"),
    ('518', "ls_adoptr = 'L4' and coalesce(sex_adoptr, '') not in ('MM', 'FF')"),
    ('519', "ls_adoptr = 'L2' and coalesce(sex_adoptr, '') not in ('MM', 'FF', 'MF')"),
    ('520', "ls_adoptr = 'L11' and coalesce(sex_adoptr, '') <> 'MF'"),
    ('521', "date_int > first_adoptive_decom"),
    ('523', "date_int <> last_date_placed"),
    ('524', "ls_adoptr = 'L12' and coalesce(sex_adoptr, '') not in ('MM', 'FF')"),
    ('525', "is_ad1_begun and has_placed_ceased"),
    ('602', "is_ad1_begun and not is_adopted_in_year"),
    ('1012', "episode_count = 0"),
] -%}

{%- set placed_rules = [
    ('INT02', "not has_header"),
    ('INT12', month_differs),
    ('117', "greatest(date_placed, date_placed_ceased) > year_end or (coalesce(last_rec, '') <> 'X1' and greatest(date_placed, date_placed_ceased) > last_dec)"),
    ('118', "date_placed_ceased < first_care_decom or date_placed_ceased < year_start"),
    ('119', "(date_placed_ceased is null) <> (reason_placed_ceased is null)"),
    ('184', "is_before_birth"),
    ('552', "is_newest and date_placed > first_adoptive_decom"),
    ('553', "is_newest and is_under_placement_order and coalesce(cast(date_placed_ceased as " ~ dbt.type_string() ~ "), reason_placed_ceased) is not null"),
    ('554', "date_placed > first_placement_order_decom"),
    ('559', "date_placed < year_start and not had_placed"),
    ('560', "is_oldest and last_year_standing_date_placed is not null and date_placed <> last_year_standing_date_placed"),
    ('561', "date_placed = last_year_reversed_date_placed"),
    ('579', "prev_date_placed is not null and (prev_date_placed_ceased is null or date_placed < prev_date_placed_ceased)"),
    ('583', "next_date_placed is not null and date_placed_ceased is null"),
    ('584', "date_placed <= last_year_reversed_date_placed"),
    ('1003', "date_placed < first_started_decom"),
    ('1012', "episode_count = 0"),
] -%}

with

children as (

    select * from {{ ref('dq_children') }}

),

adoptions as (

    select
        children.*,
        rows_of_file.birth_month as file_birth_month,
        rows_of_file.foster_carers_adopted_code as foster_care,
        rows_of_file.adopter_number_code as nb_adoptr,
        rows_of_file.adopter_sex_code as sex_adoptr,
        rows_of_file.adopter_legal_status_code as ls_adoptr,
        rows_of_file.source_file,
        rows_of_file.source_row

    from {{ ref('stg_social_care__ad1') }} as rows_of_file
    inner join children
        on rows_of_file.authority_code = children.authority_code
            and rows_of_file.collection_year = children.collection_year
            and rows_of_file.child_key = children.child_key

),

placed as (

    select
        children.*,
        rows_of_file.birth_month as file_birth_month,
        rows_of_file.decided_on as date_placed,
        rows_of_file.ended_on as date_placed_ceased,
        rows_of_file.end_reason_code as reason_placed_ceased,
        {{ has_mark('rows_of_file.marks', 'BEFORE-BIRTH') }} as is_before_birth,
        lag(rows_of_file.decided_on) over child_decisions as prev_date_placed,
        lag(rows_of_file.ended_on) over child_decisions as prev_date_placed_ceased,
        lead(rows_of_file.decided_on) over child_decisions as next_date_placed,
        lag(rows_of_file.decided_on) over child_decisions is null as is_oldest,
        lead(rows_of_file.decided_on) over child_decisions is null as is_newest,
        rows_of_file.source_file,
        rows_of_file.source_row

    from {{ ref('stg_social_care__placed_for_adoption') }} as rows_of_file
    inner join children
        on rows_of_file.authority_code = children.authority_code
            and rows_of_file.collection_year = children.collection_year
            and rows_of_file.child_key = children.child_key
    window child_decisions as (
        partition by rows_of_file.authority_code, rows_of_file.collection_year, rows_of_file.child_key
        order by rows_of_file.decided_on
    )

),

final as (
    {{ findings('adoptions', 'ssda903_ad1', adoption_rules) }}
    union all
    {{ findings('placed', 'ssda903_placed_for_adoption', placed_rules) }}
)

select * from final
