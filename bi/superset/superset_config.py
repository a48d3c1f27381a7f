"""Superset's settings here: one machine, its own people, nothing from or to other hosts. serve.py sets the environment.

A shared server wants more: docs/bi-guide.md, "Apache Superset".
"""

import os

SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]
SQLALCHEMY_DATABASE_URI = os.environ["SUPERSET_METADATA"]
# Superset calls every database that is a file unsafe; ours is opened read-only.
PREVENT_UNSAFE_DB_CONNECTIONS = False

APP_NAME = "Children's services"
# Figures change once a night, and a wrong year is worse than a slow page.
DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
RATELIMIT_STORAGE_URI = "memory://"
FEATURE_FLAGS = {"ALERT_REPORTS": False, "DASHBOARD_RBAC": True}
ROW_LIMIT = 10_000
WTF_CSRF_TIME_LIMIT = None
# The pages ask for a counter of Superset's makers and for maps: browsers are told to load nothing from elsewhere.
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}
