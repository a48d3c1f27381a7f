{{ in_force(ref('stg_social_care__cin_details'), ['authority_code', 'child_key', 'referred_on']) }}
