{{ in_force(of_children(ref('stg_social_care__uasc'), 'social_care'), ['authority_code', 'child_key']) }}
