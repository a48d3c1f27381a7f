{{ in_force(ref('stg_social_care__header'), ['authority_code', 'child_key', 'collection_year']) }}
