{{ in_force(of_referrals(ref('stg_social_care__cin_assessment')), ['authority_code', 'child_key', 'started_on']) }}
