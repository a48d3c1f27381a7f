{{ in_force(
    of_children(of_referrals(ref('stg_social_care__cin_section47')), 'social_care'),
    ['authority_code', 'child_key', 'started_on']
) }}
