{{ in_force(ref('stg_social_care__reviews'), ['authority_code', 'child_key', 'held_on']) }}
