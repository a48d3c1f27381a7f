{{ in_force(
    of_children(ref('stg_social_care__cin_plan'), 'social_care'),
    ['authority_code', 'child_key', 'started_on']
) }}
