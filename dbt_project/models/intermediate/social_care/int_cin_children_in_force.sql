{{ in_force(ref('stg_social_care__cin_child'), ['authority_code', 'child_key']) }}
