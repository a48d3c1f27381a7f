{{ in_force(
    of_children(ref('stg_social_care__sw_episodes'), 'social_care'),
    ['authority_code', 'child_key', 'worker_key', 'started_on']
) }}
