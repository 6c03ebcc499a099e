"""scripts/client VERB: register assistants that may ask people to connect, change them, disable them."""

import json
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from google.auth.exceptions import DefaultCredentialsError

from scripts.verbs.client_arguments import parse
from scripts.verbs.client_view import as_json, details, table
from scripts.verbs.processes import Failed
from service.contract import Contract
from service.errors import Unavailable
from service.google_backends import open_documents
from service.oauth import registered
from service.oauth.clients import Client, InvalidRegistration, register
from service.oauth.firestore import FirestoreOAuthStore
from service.oauth.store import Ended, OAuthStore, Spent
from service.oauth.tokens import Secret, mint

_TRIES = 6
_MOST_COUNTED = 1000
_SHOWN_ONCE = "The secret is shown this once; only its hash is kept."


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when it is done; 1, and why on stderr, when it is not. Wrong usage exits with 2."""
    chosen = parse(arguments)
    try:
        _VERBS[chosen.verb](_open_store(), chosen)
    except (Failed, InvalidRegistration) as refused:
        return _refuse(str(refused))
    except DefaultCredentialsError:
        return _refuse("no credentials for Google Cloud: run `gcloud auth application-default login`.")
    except Unavailable as failed:
        return _refuse(f"{failed}: is the project right, and may you read and write its Firestore?")
    return 0


def add(
    store: OAuthStore, name: str, redirect_uris: Sequence[str], *, gpt_id: str | None = None, public: bool = False
) -> tuple[Client, Secret | None]:
    """Register an assistant that may ask for every scope of the contract. Raises `InvalidRegistration`.

    Its secret is None when it is PUBLIC.
    """
    scope = frozenset(Contract.load().scopes)
    client, secret = register(name, redirect_uris, scope, datetime.now(UTC), public=public)
    if gpt_id is not None:
        client = registered.pin_gpt(client, gpt_id)
    store.add_client(client)
    return client, secret


def change(store: OAuthStore, client_id: str, rule: Callable[[Client], Client]) -> Client:
    """Store what RULE makes of the client, whatever else changes it meanwhile. Raises `Failed` and what RULE raises."""
    wanted = None
    for _ in range(_TRIES):
        client = _find(store, client_id)
        if client == wanted:  # it was stored after all: only the answer was lost
            return client
        wanted = rule(client)
        try:
            store.change_client(wanted)
        except (Spent, Ended):
            continue
        return wanted
    raise Failed(f"{client_id!r} is changed by somebody else again and again: try the same once more.")


def _add(store: OAuthStore, chosen: Namespace) -> None:
    client, secret = add(store, chosen.name, chosen.redirect_uri, gpt_id=chosen.gpt_id, public=chosen.public)
    print(f"client_id      {client.client_id}")
    if secret:
        print(f"client_secret  {secret.reveal()}")
        _hint(_SHOWN_ONCE)
    else:
        _hint("It has no secret: it must use PKCE with S256 (RFC 7636).")


def _list(store: OAuthStore, chosen: Namespace) -> None:
    clients = store.list_clients()
    if chosen.json:
        print(json.dumps([as_json(client) for client in clients], ensure_ascii=False, indent=2))
    elif clients:
        print(table(clients))
    else:
        _hint("No client is registered yet: scripts/client add NAME --redirect-uri URI")


def _show(store: OAuthStore, chosen: Namespace) -> None:
    client = _find(store, chosen.client_id)
    count = store.count_grants_of(client.client_id, datetime.now(UTC), _MOST_COUNTED)
    print(details(client, f"more than {_MOST_COUNTED}" if count is None else str(count)))


def _rotate_secret(store: OAuthStore, chosen: Namespace) -> None:
    secret = mint()
    client = change(store, chosen.client_id, lambda client: registered.add_secret(client, secret.hash()))
    print(f"client_id      {client.client_id}")
    print(f"client_secret  {secret.reveal()}")
    _hint(_SHOWN_ONCE)
    _hint(
        f"The one before works too. When {client.name} uses this one: scripts/client retire-secret {client.client_id}"
    )


def _retire_secret(store: OAuthStore, chosen: Namespace) -> None:
    client = change(store, chosen.client_id, lambda client: registered.retire_secret(client, newer=chosen.newer))
    _hint(
        f"The {'newer' if chosen.newer else 'older'} secret of {client.name} does not work any more; the other one does."
    )


def _add_redirect(store: OAuthStore, chosen: Namespace) -> None:
    def rule(client: Client) -> Client:
        if chosen.replace is not None:
            client = registered.replace_redirect(client, chosen.replace, chosen.uri)
        elif chosen.uri:
            client = registered.add_redirect(client, chosen.uri)
        if chosen.gpt_id is not None:
            client = registered.pin_gpt(client, chosen.gpt_id)
        return registered.unpin_gpt(client) if chosen.no_gpt_id else client

    print(details(change(store, chosen.client_id, rule)))


def _disable(store: OAuthStore, chosen: Namespace) -> None:
    client = _find(store, chosen.client_id)
    if not chosen.yes:
        _ask(f"{client.name} ({client.client_id}) will get nothing any more, and all its connections end now.")
    change(store, client.client_id, lambda client: registered.disable(client, datetime.now(UTC)))
    try:
        ended = store.end_grants_of(client.client_id)
    except Unavailable as failed:
        raise Failed(
            f"{failed}. {client.name} is disabled, but not all of its connections are ended: run the same again."
        ) from None
    print(f"{client.name} is disabled; {ended} connection{'' if ended == 1 else 's'} ended.")


def _enable(store: OAuthStore, chosen: Namespace) -> None:
    client = change(store, chosen.client_id, registered.enable)
    print(f"{client.name} is enabled. Whoever was connected connects again.")


_VERBS: dict[str, Callable[[OAuthStore, Namespace], None]] = {
    "add": _add,
    "list": _list,
    "show": _show,
    "rotate-secret": _rotate_secret,
    "retire-secret": _retire_secret,
    "add-redirect": _add_redirect,
    "disable": _disable,
    "enable": _enable,
}


def _open_store() -> OAuthStore:
    project = os.environ.get("GOOGLE_CLOUD_PROJECT")
    if not project:
        raise Failed("say in which project: GOOGLE_CLOUD_PROJECT=my-project scripts/client …")
    database, emulator = os.environ.get("FIRESTORE_DATABASE", "(default)"), os.environ.get("FIRESTORE_EMULATOR_HOST")
    return FirestoreOAuthStore(open_documents(project, database, emulator))


def _find(store: OAuthStore, client_id: str) -> Client:
    if client := store.find_client(client_id):
        return client
    raise Failed(f"no client has the id {client_id!r}: `scripts/client list` shows them all.")


def _ask(what: str) -> None:
    if not sys.stdin.isatty():
        raise Failed(f"{what} Where nobody can be asked, say --yes.")
    print(f"{what} Go on? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Failed("nothing was changed.")


def _hint(what: str) -> None:
    print(what, file=sys.stderr)


def _refuse(why: str) -> int:
    print(f"scripts/client: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
