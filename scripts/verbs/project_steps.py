"""The steps of `scripts/project setup`, in order. Each looks first, changes what differs, and can be done again."""

from collections.abc import Callable

from scripts.verbs.gcloud import Gcloud
from scripts.verbs.plan import Plan
from scripts.verbs.steps.firebase import say_what_is_left, write_settings
from scripts.verbs.steps.firestore import bring_indexes, make_database, publish_rules, schedule_backups
from scripts.verbs.steps.foundations import give_roles, make_accounts, make_key, open_to_everyone, switch_apis_on
from scripts.verbs.steps.release import make_bucket, make_repository, make_service, make_trigger
from scripts.verbs.steps.watching import check_uptime, count_in_the_log, tell_of_alerts

STEPS: tuple[tuple[str, Callable[[Gcloud, Plan], None]], ...] = (
    ("APIs", switch_apis_on),
    ("Firestore's database", make_database),
    ("Firestore's indexes and TTL", bring_indexes),
    ("Firestore's rules", publish_rules),
    ("Firestore's backups", schedule_backups),
    ("the images' repository", make_repository),
    ("the build's bucket", make_bucket),
    ("the key", make_key),
    ("service accounts", make_accounts),
    # Early: an alert can name a metric only minutes after it was made.
    ("what is counted in the log", count_in_the_log),
    ("the service", make_service),
    ("roles", give_roles),
    ("the service for everyone", open_to_everyone),
    ("the trigger", make_trigger),
    ("the uptime check", check_uptime),
    ("alerts", tell_of_alerts),
    ("the service's variables", write_settings),
    ("what is left to do", say_what_is_left),
)
