"""scripts/client add NAME --redirect-uri URI: register an assistant that may ask people to connect."""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from google.auth.exceptions import DefaultCredentialsError

from service.contract import Contract
from service.errors import Unavailable
from service.google_backends import open_documents
from service.oauth.clients import Client, InvalidRegistration, register
from service.oauth.firestore import FirestoreOAuthStore
from service.oauth.store import OAuthStore
from service.oauth.tokens import Secret


def add(store: OAuthStore, name: str, redirect_uris: Sequence[str]) -> tuple[Client, Secret]:
    """Register an assistant that may ask for every scope of the contract. Raises `InvalidRegistration`."""
    client, secret = register(name, redirect_uris, frozenset(Contract.load().scopes), datetime.now(UTC))
    store.add_client(client)
    return client, secret


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="scripts/client", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    adding = verbs.add_parser("add", help="register an assistant; prints its id and secret once")
    adding.add_argument("name", metavar="NAME", help="whom people will be asked to allow, as in ChatGPT")
    adding.add_argument("--redirect-uri", action="append", required=True, metavar="URI", help="exact; may be repeated")
    chosen = parser.parse_args(arguments)
    project = os.environ.get("GOOGLE_CLOUD_PROJECT")
    if not project:
        return _refuse("say in which project: GOOGLE_CLOUD_PROJECT=my-project scripts/client …")
    database, emulator = os.environ.get("FIRESTORE_DATABASE", "(default)"), os.environ.get("FIRESTORE_EMULATOR_HOST")
    try:
        store = FirestoreOAuthStore(open_documents(project, database, emulator))
        client, secret = add(store, chosen.name, chosen.redirect_uri)
    except InvalidRegistration as wrong:
        return _refuse(str(wrong))
    except DefaultCredentialsError:
        return _refuse("no credentials for Google Cloud: run `gcloud auth application-default login`.")
    except Unavailable as failed:
        return _refuse(f"{failed}: is the project right, and may you write to its Firestore?")
    print(f"client_id      {client.client_id}")
    print(f"client_secret  {secret.reveal()}")
    print("The secret is shown this once; only its hash is kept.", file=sys.stderr)
    return 0


def _refuse(why: str) -> int:
    print(f"Not registered: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
