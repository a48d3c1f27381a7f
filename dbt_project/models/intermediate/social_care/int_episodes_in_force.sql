{{ in_force(ref('stg_social_care__episodes'), ['authority_code', 'child_key', 'started_on']) }}
