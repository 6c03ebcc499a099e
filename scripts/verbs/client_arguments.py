"""What `scripts/client` takes from the command line."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence

_ID_HELP = "as `scripts/client list` shows it; one that begins with - comes after --"
_GPT_HELP = (
    "allow the callbacks of this GPT on chatgpt.com and chat.openai.com: "
    "the id as its callback URL has it (g-…), or that URL"
)


def parse(arguments: Sequence[str] | None) -> Namespace:
    """The arguments by name, and the verb as `verb`. Prints what is wrong with them and exits with 2."""
    parser = ArgumentParser(prog="scripts/client", description="Register assistants, change them, disable them.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, (what, add_arguments) in _VERBS.items():
        add_arguments(verbs.add_parser(name, help=what, description=what))

    chosen, rest = parser.parse_known_args(arguments)
    verb: ArgumentParser = verbs.choices[chosen.verb]
    if chosen.verb == "add" and not (chosen.redirect_uri or chosen.gpt_id):
        verb.error("say where it may return to: --redirect-uri URI, or --gpt-id ID")
    if chosen.verb == "add-redirect":
        rest = _check_redirecting(chosen, rest, verb)
    if rest:
        verb.error(f"unrecognized arguments: {' '.join(rest)}")
    return chosen


def _add_id(verb: ArgumentParser) -> None:
    verb.add_argument("client_id", metavar="ID", help=_ID_HELP)


def _add_registering(verb: ArgumentParser) -> None:
    verb.add_argument("name", metavar="NAME", help="whom people will be asked to allow, as in ChatGPT")
    verb.add_argument("--redirect-uri", action="append", default=[], metavar="URI", help="exact; may be repeated")
    verb.add_argument("--gpt-id", metavar="ID", help=_GPT_HELP)
    verb.add_argument("--public", action="store_true", help="it can keep no secret, and must use PKCE")


def _add_listing(verb: ArgumentParser) -> None:
    verb.add_argument("--json", action="store_true", help="for machines, with nothing cut")


def _add_retiring(verb: ArgumentParser) -> None:
    _add_id(verb)
    verb.add_argument("--newer", action="store_true", help="end the newer one instead, because it got lost")


def _add_redirecting(verb: ArgumentParser) -> None:
    _add_id(verb)
    verb.add_argument("uri", metavar="URI", nargs="?", help="exact")
    verb.add_argument("--replace", metavar="OLD_URI", help="put URI in its place")
    pinned = verb.add_mutually_exclusive_group()
    pinned.add_argument("--gpt-id", metavar="ID", help=_GPT_HELP)
    pinned.add_argument("--no-gpt-id", action="store_true", help="allow the exact addresses only")


def _check_redirecting(chosen: Namespace, rest: list[str], verb: ArgumentParser) -> list[str]:
    """What is left of REST."""
    # Until Python 3.13 argparse expects an optional argument before the first option only.
    if chosen.uri is None and rest and not rest[0].startswith("-"):
        chosen.uri, *rest = rest
    if chosen.replace and not chosen.uri:
        verb.error("--replace needs the URI that comes in its place")
    if not (chosen.uri or chosen.gpt_id or chosen.no_gpt_id):
        verb.error("give a URI, --gpt-id ID or --no-gpt-id")
    return rest


def _add_disabling(verb: ArgumentParser) -> None:
    _add_id(verb)
    verb.add_argument("--yes", action="store_true", help="do not ask")


_VERBS: dict[str, tuple[str, Callable[[ArgumentParser], None]]] = {
    "add": ("register an assistant; prints its id and secret once", _add_registering),
    "list": ("every client, also those that registered themselves", _add_listing),
    "show": ("all that is known of a client", _add_id),
    "rotate-secret": ("give it a second secret; both work until one is retired", _add_id),
    "retire-secret": ("end the older one of its two secrets", _add_retiring),
    "add-redirect": ("let it return to one more address, or to a new one", _add_redirecting),
    "disable": ("refuse it everything, and end all its connections at once", _add_disabling),
    "enable": ("let it ask people again; what ended stays ended", _add_id),
}
