{{ in_force(
    ref('int_protection_reviews_told'),
    ['authority_code', 'child_key', 'plan_started_on', 'held_on']
) }}
