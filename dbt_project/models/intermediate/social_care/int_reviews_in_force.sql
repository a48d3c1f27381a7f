{{ in_force(
    of_children(ref('stg_social_care__reviews'), 'social_care'),
    ['authority_code', 'child_key', 'held_on']
) }}
