{{ in_force(of_referrals(ref('stg_social_care__cin_section47')), ['authority_code', 'child_key', 'started_on']) }}
