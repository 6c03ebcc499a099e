"""The profile operation of `openapi.yaml`."""

from service.actions.operation import Answer, Backends, Call
from service.errors import invalid_token
from service.identity.account import find_standing

_MOST_NAME = 300


def get_profile(call: Call, backends: Backends) -> Answer:
    """200 with the account's id, and the name and the e-mail address if it has them."""
    backends.accesses.check(call.use)
    uid = call.use.access.uid
    account = find_standing(backends, uid, call.use.now)
    if account is None:
        raise invalid_token("account_gone")
    shown = {
        "id": uid,
        "name": account.name and account.name[:_MOST_NAME],
        "email": account.email,
        "app": call.settings.app_name,
    }
    return Answer(200, {name: value for name, value in shown.items() if value is not None})
