"""How people sign in to Airflow's pages: accounts of its own, which an administrator makes.

Instead by LDAP or OpenID Connect: docs/operating/deployment.md. Read by Flask-AppBuilder as a list of settings.
"""

from flask_appbuilder.const import AUTH_DB

AUTH_TYPE = AUTH_DB
# Nobody makes an account for himself, and nobody sees anything without one.
AUTH_USER_REGISTRATION = False
FAB_PASSWORD_COMPLEXITY_ENABLED = True
WTF_CSRF_ENABLED = True
