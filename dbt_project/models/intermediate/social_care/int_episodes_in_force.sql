{{ in_force(
    of_children(ref('stg_social_care__episodes'), 'social_care'),
    ['authority_code', 'child_key', 'started_on']
) }}
