{{ in_force(ref('stg_social_care__uasc'), ['authority_code', 'child_key', 'collection_year']) }}
