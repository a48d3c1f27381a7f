with

in_force as (

    {{ in_force(
        of_children(ref('stg_social_care__cin_details'), 'social_care'),
        ['authority_code', 'child_key', 'referred_on']
    ) }}

),

newest as (

    select
        authority_code,
        max(collection_year) as collection_year

    from in_force
    group by authority_code

),

final as (

    select
        in_force.authority_code,
        in_force.child_key,
        in_force.cin_details_id,
        in_force.referral_source_code,
        in_force.primary_need_code,
        in_force.closure_reason_code,
        in_force.is_no_further_action,
        in_force.referred_on,
        in_force.closed_on,
        in_force.initial_conference_on,
        in_force.collection_year,
        in_force.stamp,
        in_force.source_file,
        in_force.source_row,
        nullif(
            concat_ws(
                ' ',
                in_force.marks,
                case
                    when
                        in_force.closed_on is null
                        and not coalesce(in_force.is_no_further_action, false)
                        and in_force.collection_year < newest.collection_year
                        then 'REFERRAL-OPEN-MISSING-LATER'
                end
            ),
            ''
        ) as marks

    from in_force
    inner join newest on in_force.authority_code = newest.authority_code

)

select * from final
