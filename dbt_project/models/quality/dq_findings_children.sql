{%- set before_year_start = add_days('year_start', -1) -%}
{%- set before_year_end = add_days('year_end', -1) -%}
{%- set is_female = "sex in ('2', 'F')" -%}
{%- set month_differs = "has_header and birth_month <> file_birth_month" -%}

{%- set header_rules = [
    ('101', "sex is null or is_sex_out_of_date"),
    ('103', "ethnic is null"),
    ('165', "(sex in ('1', 'M') and mother is not null) or (" ~ is_female ~ " and mother is null and care_episode_count > 0) or (" ~ is_female ~ " and mother is not null and care_episode_count = 0 and is_oc3_completed)"),
    ('174', "sex in ('1', 'M') and mc_birth_month is not null"),
    ('232', "sex = 'U'"),
    ('301', "birth_month > year_end"),
    ('351', "true", turned(21, 'birth_month', before_year_start)),
    ('393', is_female ~ " and mother is null and care_episode_count > 0"),
    ('399', "episode_count > 0 and care_episode_count = 0 and mother is not null"),
    ('444', "children_with_upn > 1"),
    ('611', "mother = '1' and mc_birth_month is null"),
    ('612', is_female ~ " and coalesce(mother, '0') = '0' and mc_birth_month is not null"),
    ('620', "mother = '1'", "not " ~ turned(11, 'birth_month', 'year_start')),
    ('621', "mc_birth_month is not null", "case when mc_birth_month < birth_month then true when mc_birth_month > birth_month then false end"),
    ('625', "mc_birth_month is not null and newest_dec is not null", "case when mc_birth_month > year_end then true else not " ~ turned(0, 'mc_birth_month', 'newest_dec') ~ " end"),
    ('625', "mc_birth_month > year_end and newest_dec is null"),
    ('628', "mother is not null and episode_count = 0 and is_oc3_completed"),
    ('EPI', "episode_count = 0 and not is_oc3_completed"),
    ('202', "had_header and sex is distinct from last_year_sex and not (coalesce(last_year_sex, '') in ('1', '2') and coalesce(sex, '') in ('M', 'F') and (last_year_sex = '1') = (sex = 'M'))"),
    ('203', "had_header and birth_month <> last_year_birth_month"),
    ('204', "had_header and ethnic is distinct from last_year_ethnic"),
    ('205D', "is_unaccompanied and had_header and not was_unaccompanied"),
    ('207', "had_header and episode_count > 0 and last_year_mother = '1' and mother is distinct from last_year_mother"),
    ('208', "last_year_pupil_key is not null and pupil_key is distinct from last_year_pupil_key", "case when not is_upn_marked then true end"),
    ('624', "last_year_mc_birth_month is not null and mc_birth_month is distinct from last_year_mc_birth_month"),
    ('626', "mother = '1' and last_year_mother = '0' and mc_birth_month < year_start"),
] -%}

{%- set uasc_rules = [
    ('INT09', "not has_header"),
    ('INT18', month_differs),
    ('INT21', "has_header and sex <> file_sex"),
    ('231', "true", "not " ~ turned(11, 'file_birth_month', 'year_end')),
    ('304', "duc is not null", turned(18, 'file_birth_month', add_days('duc', -1))),
    ('205B', "was_unaccompanied and not coalesce(duc between year_start and year_end or duc = last_year_duc, false)"),
    ('1014', "episode_count = 0 and is_oc3_completed"),
] -%}

{%- set uasc_of_last_year_rules = [
    ('205A', "not is_unaccompanied and has_header and not coalesce(file_duc between " ~ add_months('year_start', -12) ~ " and " ~ before_year_start ~ ", false)"),
] -%}

{%- set review_rules = [
    ('INT08', "not has_header"),
    ('INT17', month_differs),
    ('167', "review_code is null"),
    ('399', "episode_count > 0 and care_episode_count = 0"),
    ('440', "review_code = 'PN0'", turned(4, 'file_birth_month', add_days('review', -1))),
    ('441', "review_code <> 'PN0'", "not " ~ turned(4, 'file_birth_month', 'review')),
    ('1012', "episode_count = 0"),
] -%}

{%- set oc2_rules = [
    ('INT05', "not has_header"),
    ('INT14', month_differs),
    ('157', "is_continuously_looked_after and sdq_score is null and sdq_reason = 'SDQ1'", turned(4, 'file_birth_month', 'year_start') ~ " and not " ~ turned(16, 'file_birth_month', before_year_end)),
    ('158', "intervention_received = '1' and intervention_offered is not null"),
    ('159', "substance_misuse = '1' and intervention_received = '0' and intervention_offered is null"),
    ('180', "sdq_score not between 0 and 40"),
    ('182', "(immunisations is null or teeth_check is null or health_assessment is null or substance_misuse is null) and coalesce(convicted, health_check, intervention_received, intervention_offered) is not null"),
    ('185', "sdq_score is not null and not is_continuously_looked_after"),
    ('186', "is_continuously_looked_after and sdq_score is null and sdq_reason is null", turned(4, 'file_birth_month', 'year_start') ~ " and not " ~ turned(17, 'file_birth_month', 'year_end')),
    ('188', "sdq_score is not null or sdq_reason is not null", "not " ~ turned(4, 'file_birth_month', 'year_end')),
    ('189', "sdq_score is not null or sdq_reason is not null", turned(17, 'file_birth_month', 'year_start')),
    ('190', "is_oc2_completed and not is_continuously_looked_after"),
    ('191', "is_continuously_looked_after and (immunisations is null or teeth_check is null or health_assessment is null or substance_misuse is null)"),
    ('192', "substance_misuse = '1' and intervention_received is null"),
    ('193', "coalesce(substance_misuse, '0') = '0' and coalesce(intervention_received, intervention_offered) is not null"),
    ('197a', "sdq_score is not null and sdq_reason is not null"),
    ('197B', "is_continuously_looked_after and sdq_score is null and sdq_reason is null", "(" ~ turned(4, 'file_birth_month', 'year_end') ~ " and not " ~ turned(4, 'file_birth_month', before_year_start) ~ ") or (" ~ turned(17, 'file_birth_month', 'year_end') ~ " and not " ~ turned(17, 'file_birth_month', before_year_start) ~ ")"),
    ('198', "sdq_reason is not null and not is_continuously_looked_after"),
    ('215', "is_oc2_completed and is_oc3_completed"),
    ('542', "convicted is not null", "not " ~ turned(10, 'file_birth_month', 'year_end')),
    ('543', "convicted is null and is_continuously_looked_after", turned(10, 'file_birth_month', before_year_end)),
    ('544', "convicted = '1' and (immunisations is null or teeth_check is null or health_assessment is null or substance_misuse is null)"),
    ('545', "health_check is null and is_continuously_looked_after", "not " ~ turned(5, 'file_birth_month', 'year_end')),
    ('546', "health_check is not null and is_continuously_looked_after", turned(5, 'file_birth_month', 'year_end')),
    ('547', "health_check = '1' and (immunisations is null or teeth_check is null or health_assessment is null or substance_misuse is null)"),
    ('1012', "episode_count = 0"),
] -%}

{%- set oc3_rules = [
    ('INT06', "not has_header"),
    ('INT15', month_differs),
    ('131', "in_touch is null"),
    ('132', "activ is null or is_activ_out_of_date"),
    ('133', "accom is null"),
    ('153', "is_oc3_completed and (in_touch is null or activ is null or accom is null)"),
    ('187', "is_oc3_completed and is_continuously_looked_after"),
    ('344', "in_touch in ('DIED', 'RHOM') and (coalesce(activ, '') <> '0' or coalesce(accom, '') <> '0')"),
    ('345', "in_touch = 'YES' and (activ = '0' or accom = '0')"),
    ('347', "accom in ('T1', 'T2')", "not " ~ turned(18, 'file_birth_month', 'year_start')),
    ('348', "last_year_in_touch = 'DIED' and coalesce(in_touch, '') <> 'DIED'"),
    ('391', "is_oc3_completed", "not " ~ turned(17, 'file_birth_month', 'year_end')),
    ('3001', "accom in ('Z1', 'Z2')", turned(17, 'file_birth_month', 'year_end') ~ " and not " ~ turned(17, 'file_birth_month', before_year_start)),
    ('1000', "is_dead"),
    ('1001', "last_rec in ('E11', 'E12')"),
    ('1001', "coalesce(last_rec, '') not in ('E11', 'E12')", "case when most_days_from_14 < 91 or most_days_from_16 < 1 then case when is_history_complete then true end else false end"),
    ('1007', "is_oc3_completed", "(" ~ turned(17, 'file_birth_month', 'year_end') ~ " and not " ~ turned(19, 'file_birth_month', 'year_end') ~ ") and case when is_in_care_all_birthday_month then true when not is_in_care_in_birthday_month then false end"),
    ('1016', "is_oc3_completed and last_rec <> 'X1'", "(" ~ turned(17, 'file_birth_month', 'year_end') ~ " and not " ~ turned(19, 'file_birth_month', 'year_end') ~ ") and case when last_dec > birthday_month_end then true when last_dec <= birthday_month_start then false end"),
    ('1002', "episode_count = 0 and not has_earlier_episodes"),
    ('1010', "episode_count = 0 and is_open_last_year"),
    ('1011', "is_oc3_completed and last_rec = 'E3'"),
] -%}

{%- set permanence_rules = [
    ('INT07', "not has_header"),
    ('INT16', month_differs),
    ('632', "file_date_perm is not null and first_decom is not null", "case when latest_date_perm < first_decom then false when earliest_date_perm >= first_decom then true end"),
    ('633', "file_la_perm is not null and file_la_perm not in ('WAL', 'SCO', 'NUK', 'NIR') and not (length(file_la_perm) = 3 and file_la_perm between '200' and '999')"),
    ('634', "coalesce(file_prev_perm, file_la_perm, file_date_perm) is not null and last_decom < cast('2016-04-01' as date)"),
    ('635', "coalesce(file_prev_perm, 'Z1') = 'Z1' and coalesce(file_la_perm, file_date_perm) is not null"),
    ('1012', "episode_count = 0"),
] -%}

with

children as (

    select * from {{ ref('dq_children') }}

),

sex_codes as (

    select * from {{ ref('code_list') }}
    where list_name = 'SEX'

),

activity_codes as (

    select * from {{ ref('code_list') }}
    where list_name = 'ACTIV'

),

headers as (

    select
        children.*,
        headers.source_file,
        headers.source_row,
        {{ has_mark('headers.marks', 'UPN-CHECK-LETTER') }} as is_upn_marked,
        coalesce(
            sex_codes.valid_to < children.year_start or sex_codes.valid_from > children.year_end, false
        ) as is_sex_out_of_date,
        count(headers.pupil_key) over (
            partition by headers.authority_code, headers.collection_year, headers.pupil_key
        ) as children_with_upn

    from {{ ref('stg_social_care__header') }} as headers
    inner join children
        on headers.authority_code = children.authority_code
            and headers.collection_year = children.collection_year
            and headers.child_key = children.child_key
    left join sex_codes
        on headers.sex_code = sex_codes.code

),

unaccompanied as (

    select
        children.*,
        rows_of_file.birth_month as file_birth_month,
        rows_of_file.sex_code as file_sex,
        rows_of_file.source_file,
        rows_of_file.source_row

    from {{ ref('stg_social_care__uasc') }} as rows_of_file
    inner join children
        on rows_of_file.authority_code = children.authority_code
            and rows_of_file.collection_year = children.collection_year
            and rows_of_file.child_key = children.child_key

),

unaccompanied_last_year as (

    select
        children.*,
        rows_of_file.unaccompanied_until as file_duc,
        rows_of_file.source_file,
        rows_of_file.source_row

    from {{ ref('stg_social_care__uasc') }} as rows_of_file
    inner join children
        on rows_of_file.authority_code = children.authority_code
            and rows_of_file.collection_year + 1 = children.collection_year
            and rows_of_file.child_key = children.child_key

),

reviews as (

    select
        children.*,
        rows_of_file.birth_month as file_birth_month,
        rows_of_file.held_on as review,
        rows_of_file.participation_code as review_code,
        rows_of_file.source_file,
        rows_of_file.source_row

    from {{ ref('stg_social_care__reviews') }} as rows_of_file
    inner join children
        on rows_of_file.authority_code = children.authority_code
            and rows_of_file.collection_year = children.collection_year
            and rows_of_file.child_key = children.child_key

),

oc2 as (

    select
        children.*,
        rows_of_file.birth_month as file_birth_month,
        rows_of_file.sdq_score,
        rows_of_file.sdq_reason_code as sdq_reason,
        rows_of_file.convicted_code as convicted,
        rows_of_file.health_check_code as health_check,
        rows_of_file.immunisations_code as immunisations,
        rows_of_file.teeth_check_code as teeth_check,
        rows_of_file.health_assessment_code as health_assessment,
        rows_of_file.substance_misuse_code as substance_misuse,
        rows_of_file.intervention_received_code as intervention_received,
        rows_of_file.intervention_offered_code as intervention_offered,
        rows_of_file.source_file,
        rows_of_file.source_row

    from {{ ref('stg_social_care__oc2') }} as rows_of_file
    inner join children
        on rows_of_file.authority_code = children.authority_code
            and rows_of_file.collection_year = children.collection_year
            and rows_of_file.child_key = children.child_key

),

leavers as (

    select
        children.*,
        rows_of_file.birth_month as file_birth_month,
        -- the month of the birthday in the year of the return
        {{ add_months(
            'rows_of_file.birth_month',
            '12 * (rows_of_file.collection_year - cast(extract(year from rows_of_file.birth_month) as integer)'
            ~ ' - case when extract(month from rows_of_file.birth_month) >= 4 then 1 else 0 end)'
        ) }} as birthday_month_start,
        rows_of_file.in_touch_code as in_touch,
        rows_of_file.activity_code as activ,
        rows_of_file.accommodation_code as accom,
        rows_of_file.source_file,
        rows_of_file.source_row

    from {{ ref('stg_social_care__oc3') }} as rows_of_file
    inner join children
        on rows_of_file.authority_code = children.authority_code
            and rows_of_file.collection_year = children.collection_year
            and rows_of_file.child_key = children.child_key

),

first_returns as (

    select
        authority_code,
        min(year_start) as first_year_start

    from {{ ref('dq_returns') }}
    where has_episodes
    group by authority_code

),

-- Whatever any return says of the child's care, in the newest word on each episode.
care as (

    select
        leavers.source_file,
        leavers.source_row,
        leavers.collection_year,
        max(
            case
                when
                    episodes.started_on <= leavers.birthday_month_start
                    and {{ add_months('leavers.birthday_month_start', 1) }}
                    <= coalesce(episodes.ended_on, cast('9999-12-31' as date))
                    then 1
                else 0
            end
        ) = 1 as is_in_care_all_birthday_month,
        max(
            case
                when
                    episodes.started_on < {{ add_months('leavers.birthday_month_start', 1) }}
                    and leavers.birthday_month_start <= coalesce(episodes.ended_on, cast('9999-12-31' as date))
                    then 1
                else 0
            end
        ) = 1 as is_in_care_in_birthday_month,
        {%- for years in [14, 16] %}
        sum(
            case
                when episodes.legal_status_code in ('V3', 'V4') then 0
                else greatest(
                    0,
                    {{ days_between(
                        'greatest(episodes.started_on, ' ~ add_months('leavers.file_birth_month', years * 12) ~ ')',
                        'least(coalesce(episodes.ended_on, leavers.year_end), leavers.year_end)'
                    ) }}
                )
            end
        ) as most_days_from_{{ years }}{{ ',' if not loop.last }}
        {%- endfor %}

    from leavers
    inner join {{ ref('int_episodes_in_force') }} as episodes
        on leavers.authority_code = episodes.authority_code
            and leavers.child_key = episodes.child_key
            and leavers.year_end >= episodes.started_on
    group by leavers.source_file, leavers.source_row, leavers.collection_year

),

oc3 as (

    select
        leavers.*,
        {{ add_days(add_months('leavers.birthday_month_start', 1), -1) }} as birthday_month_end,
        coalesce(
            activity_codes.valid_to < leavers.year_start or activity_codes.valid_from > leavers.year_end, false
        ) as is_activ_out_of_date,
        coalesce(care.is_in_care_all_birthday_month, false) as is_in_care_all_birthday_month,
        coalesce(care.is_in_care_in_birthday_month, false) as is_in_care_in_birthday_month,
        coalesce(care.most_days_from_14, 0) as most_days_from_14,
        coalesce(care.most_days_from_16, 0) as most_days_from_16,
        first_returns.first_year_start <= {{ add_months('leavers.file_birth_month', 168) }} as is_history_complete

    from leavers

    -- left: a care leaver may have no care in any return
    left join first_returns
        on leavers.authority_code = first_returns.authority_code
    left join care
        on leavers.source_file = care.source_file
            and leavers.source_row = care.source_row
            and leavers.collection_year = care.collection_year
    left join activity_codes
        on leavers.activ = activity_codes.code

),

permanence as (

    select
        children.*,
        rows_of_file.birth_month as file_birth_month,
        rows_of_file.previous_permanence_code as file_prev_perm,
        rows_of_file.previous_authority_code as file_la_perm,
        rows_of_file.previous_order_on as file_date_perm,
        -- raw keeps as much of the date as is known: 2015-06-30, 2015-06 or 2015
        case length(rows_of_file.previous_order_on)
            when 10 then cast(rows_of_file.previous_order_on as date)
            when 7 then cast(concat(rows_of_file.previous_order_on, '-01') as date)
            when 4 then cast(concat(rows_of_file.previous_order_on, '-01-01') as date)
        end as earliest_date_perm,
        case length(rows_of_file.previous_order_on)
            when 10 then cast(rows_of_file.previous_order_on as date)
            when 7 then {{ last_day_of_month("cast(concat(rows_of_file.previous_order_on, '-01') as date)") }}
            when 4 then cast(concat(rows_of_file.previous_order_on, '-12-31') as date)
        end as latest_date_perm,
        rows_of_file.source_file,
        rows_of_file.source_row

    from {{ ref('stg_social_care__previous_permanence') }} as rows_of_file
    inner join children
        on rows_of_file.authority_code = children.authority_code
            and rows_of_file.collection_year = children.collection_year
            and rows_of_file.child_key = children.child_key

),

final as (
    {{ findings('headers', 'ssda903_header', header_rules) }}
    union all
    {{ findings('unaccompanied', 'ssda903_uasc', uasc_rules) }}
    union all
    {{ findings('unaccompanied_last_year', 'ssda903_uasc', uasc_of_last_year_rules) }}
    union all
    {{ findings('reviews', 'ssda903_reviews', review_rules) }}
    union all
    {{ findings('oc2', 'ssda903_oc2', oc2_rules) }}
    union all
    {{ findings('oc3', 'ssda903_oc3', oc3_rules) }}
    union all
    {{ findings('permanence', 'ssda903_previous_permanence', permanence_rules) }}
)

select * from final
