"""Steps: Firestore's database, its indexes and TTL, its rules and its backups."""

from typing import Any

from scripts.verbs import indexes, rules
from scripts.verbs.gcloud import Gcloud
from scripts.verbs.plan import Plan
from scripts.verbs.processes import Failed

_PROTECTION = {
    "deleteProtectionState": ("DELETE_PROTECTION_ENABLED", "--delete-protection"),
    "pointInTimeRecoveryEnablement": ("POINT_IN_TIME_RECOVERY_ENABLED", "--enable-pitr"),
}
_RETENTION_DAYS = 7


def make_database(gcloud: Gcloud, plan: Plan) -> None:
    """Raises `Failed` for a database in another location or of another kind: only a person can decide what then."""
    found = gcloud.api.find(plan.firestore)
    which = f"--database={plan.database}"
    if found is None:
        kind = ("--type=firestore-native", f"--location={plan.location}")
        gcloud.change("firestore", "databases", "create", which, *kind, *(flag for _, flag in _PROTECTION.values()))
        return
    if found["locationId"] != plan.location or found["type"] != "FIRESTORE_NATIVE":
        raise Failed(
            f"the database {plan.database} is there, as {found['type']} in {found['locationId']}, where it stays for "
            f"ever. Choose --location={found['locationId']}, another --database, or delete it."
        )
    flags = [flag for key, (value, flag) in _PROTECTION.items() if found.get(key) != value]
    if flags:
        gcloud.change("firestore", "databases", "update", which, *flags)


def bring_indexes(gcloud: Gcloud, plan: Plan) -> None:
    indexes.bring(gcloud.api, plan.project, plan.database, dry_run=gcloud.dry_run)


def publish_rules(gcloud: Gcloud, plan: Plan) -> None:
    rules.publish(gcloud, plan.database)


def schedule_backups(gcloud: Gcloud, plan: Plan) -> None:
    """A daily one, kept for a week. The API makes as many as it is told to, so they are listed first."""
    found = [each for each in _schedules(gcloud, plan) if "dailyRecurrence" in each]
    which, retention = f"--database={plan.database}", f"--retention={_RETENTION_DAYS}d"
    if not found:
        gcloud.change("firestore", "backups", "schedules", "create", which, "--recurrence=daily", retention)
    elif found[0].get("retention") != f"{_RETENTION_DAYS * 86_400}s":
        schedule = f"--backup-schedule={found[0]['name'].rpartition('/')[2]}"
        gcloud.change("firestore", "backups", "schedules", "update", which, schedule, retention)


def _schedules(gcloud: Gcloud, plan: Plan) -> list[Any]:
    return gcloud.api.listed(f"{plan.firestore}/backupSchedules", "backupSchedules")
