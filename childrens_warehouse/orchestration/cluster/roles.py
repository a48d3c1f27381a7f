"""Who may do what on Airflow's pages: the roles, as Flask-AppBuilder's permissions.

Viewer and Admin are Airflow's own. docs/operating/who-may-do-what.md says the same in words.
"""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.security.permissions import RESOURCE_ASSET, RESOURCE_ASSET_ALIAS
from airflow.providers.fab.auth_manager.security_manager.override import FabAirflowSecurityManagerOverride
from airflow.providers.fab.www.security import permissions as of

Permission = tuple[str, str]

_SIGNED_IN: frozenset[Permission] = frozenset(
    {
        (of.ACTION_CAN_READ, of.RESOURCE_WEBSITE),
        (of.ACTION_CAN_READ, of.RESOURCE_MY_PROFILE),
        (of.ACTION_CAN_EDIT, of.RESOURCE_MY_PROFILE),
        (of.ACTION_CAN_READ, of.RESOURCE_MY_PASSWORD),
        (of.ACTION_CAN_EDIT, of.RESOURCE_MY_PASSWORD),
    }
)
_VIEWER = frozenset(FabAirflowSecurityManagerOverride.VIEWER_PERMISSIONS)
_OPERATOR = frozenset(FabAirflowSecurityManagerOverride.USER_PERMISSIONS) | frozenset(
    FabAirflowSecurityManagerOverride.OP_PERMISSIONS
)

ROLES: dict[str, frozenset[Permission]] = {
    # What ran and what became of it, and what a DAG is for; not what a task said or handed on.
    "Analyst": _SIGNED_IN
    | {
        (of.ACTION_CAN_READ, of.RESOURCE_DAG),
        (of.ACTION_CAN_READ, of.RESOURCE_DAG_DEPENDENCIES),
        (of.ACTION_CAN_READ, of.RESOURCE_DAG_RUN),
        (of.ACTION_CAN_READ, of.RESOURCE_DAG_VERSION),
        (of.ACTION_CAN_READ, of.RESOURCE_TASK_INSTANCE),
        (of.ACTION_CAN_READ, RESOURCE_ASSET),
        (of.ACTION_CAN_READ, RESOURCE_ASSET_ALIAS),
        (of.ACTION_CAN_ACCESS_MENU, of.RESOURCE_DAG),
        (of.ACTION_CAN_ACCESS_MENU, of.RESOURCE_DAG_DEPENDENCIES),
        (of.ACTION_CAN_ACCESS_MENU, RESOURCE_ASSET),
        (of.ACTION_CAN_ACCESS_MENU, of.RESOURCE_DOCS),
        (of.ACTION_CAN_ACCESS_MENU, of.RESOURCE_DOCS_MENU),
    },
    # Sees all of it; starts, repeats, marks and pauses runs, catches nights up, answers what a gate asks. Removes none.
    "Duty": _VIEWER
    | {
        (of.ACTION_CAN_EDIT, of.RESOURCE_DAG),
        (of.ACTION_CAN_CREATE, of.RESOURCE_DAG_RUN),
        (of.ACTION_CAN_EDIT, of.RESOURCE_DAG_RUN),
        (of.ACTION_CAN_CREATE, of.RESOURCE_TASK_INSTANCE),
        (of.ACTION_CAN_EDIT, of.RESOURCE_TASK_INSTANCE),
        (of.ACTION_CAN_CREATE, of.RESOURCE_BACKFILL),
        (of.ACTION_CAN_EDIT, of.RESOURCE_BACKFILL),
        (of.ACTION_CAN_EDIT, of.RESOURCE_HITL_DETAIL),
        (of.ACTION_CAN_ACCESS_MENU, of.RESOURCE_HITL_DETAIL),
    },
    # All of it but people: connections, pools, variables, and the log of who did what.
    "Engineer": _VIEWER
    | _OPERATOR
    | {
        (of.ACTION_CAN_READ, of.RESOURCE_AUDIT_LOG),
        (of.ACTION_CAN_ACCESS_MENU, of.RESOURCE_AUDIT_LOG),
        (of.ACTION_CAN_READ, of.RESOURCE_TRIGGER),
        (of.ACTION_CAN_ACCESS_MENU, of.RESOURCE_TRIGGER),
    },
}


def sync(security: Any) -> None:
    """Give Airflow these roles, with exactly these permissions, whatever they had; `security`: its security manager."""
    security.sync_roles()
    security.bulk_sync_roles([{"role": name, "perms": sorted(wanted)} for name, wanted in ROLES.items()])
    for name, wanted in ROLES.items():
        role = security.find_role(name)
        for permission in list(role.permissions):
            if (permission.action.name, permission.resource.name) not in wanted:
                security.remove_permission_from_role(role, permission)


def ensure_admin(security: Any, name: str, password: str) -> bool:
    """Make the first administrator, unless somebody of that name is there. Was one made?"""
    if security.find_user(name):
        return False
    security.add_user(
        name, "Warehouse", "Administrator", f"{name}@localhost.localdomain", security.find_role("Admin"), password
    )
    return True
