{{ in_force(
    of_children(of_referrals(ref('stg_social_care__cin_assessment')), 'social_care'),
    ['authority_code', 'child_key', 'started_on']
) }}
