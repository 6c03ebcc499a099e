"""scripts/indexes: bring firestore.indexes.json to a Firestore database, with gcloud.

Reads what the database has, and sends only what differs. What the database has beyond the file is named and left: to
take an index away can end a query, and it is a person's decision.
"""

import os
import shlex
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence

from scripts.verbs.gcloud import run, token
from scripts.verbs.google_api import GoogleApi
from scripts.verbs.index_file import Field, Index, Indexes, Mode, declared, live
from scripts.verbs.processes import Failed

_OWN_FIELDS = "indexConfig.usesAncestorConfig=false OR ttlConfig:*"
Command = tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when the database has, or is building, all that the file says; 1, and why on stderr, when it has not."""
    chosen = _parse(arguments)
    try:
        bring(GoogleApi(chosen.project, token()), chosen.project, chosen.database, dry_run=chosen.dry_run)
    except (Failed, ValueError) as failed:
        print(f"scripts/indexes: {failed}", file=sys.stderr)
        return 1
    return 0


def bring(api: GoogleApi, project: str, database: str, *, dry_run: bool) -> None:
    """Print and give the commands for all that the DATABASE lacks. In a dry run of API it may not be there yet."""
    where = (f"--project={project}", f"--database={database}")
    wanted, has = declared(), _listed(api, project, database)
    for command in commands(wanted, has):
        whole = ("gcloud", "firestore", *command, *where, "--async", "--quiet")
        print(shlex.join(whole), flush=True)
        if not dry_run:
            run(whole)
    for left in undeclared(wanted, has):
        print(f"not in firestore.indexes.json, and left as it is: {left}", file=sys.stderr)


def commands(wanted: Indexes, has: Indexes) -> Iterator[Command]:
    """What to tell gcloud, after `gcloud firestore`, so that a database which HAS these gets all that is WANTED.

    A field gets one command where one is enough, because Firestore may refuse a second one while it carries out the
    first. Raises `Failed` for what gcloud has no words for.
    """
    yield from (_create(index) for index in sorted(wanted.composites - has.composites))
    known = Indexes(
        has.composites, {**has.fields, **{key: field for key, field in wanted.fields.items() if key[1] == "*"}}
    )
    for key, field in sorted(wanted.fields.items()):
        group, path = key
        there = has if path == "*" else known
        if field.modes is not None and there.modes(group, path) != field.modes:
            yield ("indexes", "fields", "update", path, f"--collection-group={group}", *_settings(field.modes))
        if field.ttl != has.fields.get(key, _UNSET).ttl:
            switch = "--enable-ttl" if field.ttl else "--disable-ttl"
            yield ("fields", "ttls", "update", path, f"--collection-group={group}", switch)


def undeclared(wanted: Indexes, has: Indexes) -> list[str]:
    """What a database HAS beyond what is WANTED, in words."""
    fields = [key for key in has.fields.keys() - wanted.fields.keys() if key != ("__default__", "*")]
    named = [
        f"{group}.{path}, TTL" if has.fields[group, path].ttl else f"{group}.{path}" for group, path in sorted(fields)
    ]
    return [*named, *(f"{index.group}: {index.fields}" for index in sorted(has.composites - wanted.composites))]


_UNSET = Field(None, ttl=False)


def _create(index: Index) -> Command:
    scope = index.scope.lower().replace("_", "-")
    fields = (f"--field-config=field-path={path},{_flag(mode)}" for path, mode in index.fields)
    return ("indexes", "composite", "create", f"--collection-group={index.group}", f"--query-scope={scope}", *fields)


def _settings(modes: frozenset[Mode]) -> tuple[str, ...]:
    if {scope for scope, _ in modes} - {"COLLECTION"}:
        raise Failed(
            "gcloud makes single-field indexes of a collection only, not of a collection group: use firebase-tools."
        )
    return tuple(f"--index={_flag(mode)}" for _, mode in sorted(modes)) or ("--disable-indexes",)


def _flag(mode: str) -> str:
    return "array-config=contains" if mode == "CONTAINS" else f"order={mode.lower()}"


def _listed(api: GoogleApi, project: str, database: str) -> Indexes:
    groups = f"firestore.googleapis.com/v1/projects/{project}/databases/{database}/collectionGroups/-"
    composites = api.listed(f"{groups}/indexes", "indexes")
    return live(composites, api.listed(f"{groups}/fields", "fields", {"filter": _OWN_FIELDS}))


def _parse(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(
        prog="scripts/indexes", description="Bring firestore.indexes.json to a database, with gcloud."
    )
    project, database = os.environ.get("GOOGLE_CLOUD_PROJECT"), os.environ.get("FIRESTORE_DATABASE", "(default)")
    parser.add_argument("--project", default=project, required=not project, help="or GOOGLE_CLOUD_PROJECT")
    parser.add_argument("--database", default=database, help="or FIRESTORE_DATABASE; %(default)s")
    parser.add_argument("--dry-run", action="store_true", help="print the commands that would change something")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
