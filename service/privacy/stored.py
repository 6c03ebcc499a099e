"""What is stored, field by field, and for how long: claims that tests/stories/test_privacy.py compares with Firestore."""

from datetime import timedelta

from service.oauth.clients import UNUSED
from service.record import record
from service.settings import Settings

# The stores that write these keep the numbers to themselves: the story compares.
_USED = timedelta(days=400)
_CALLED = timedelta(days=30)
_RECEIPT = timedelta(days=30)
_ENDED = timedelta(days=1)
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


@record
class Item:
    """Fields of one collection, as paths (`source.clientId`), and what they say."""

    words: str
    fields: tuple[str, ...]


@record
class Kept:
    """How long one sort of record stays: PERIOD after a moment, or as long as `until` says if there is none."""

    which: str
    moment: str
    period: timedelta | None = None

    @property
    def until(self) -> str:
        return f"{spoken(self.period)} {self.moment}" if self.period else self.moment


@record
class Stored:
    """One collection, whole: nothing else is in it."""

    name: str
    collection: str
    why: str
    items: tuple[Item, ...]
    kept: tuple[Kept, ...]


def spoken(period: timedelta) -> str:
    """PERIOD in whole seconds, in words: `30 days`, `1 hour 30 minutes`."""
    left, parts = int(period.total_seconds()), list[str]()
    for name, seconds in _UNITS:
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count} {name}{'s' if count > 1 else ''}")
    return " ".join(parts)


def everything_stored(settings: Settings) -> tuple[Stored, ...]:
    """Every collection that the service writes, those that are about a person first."""
    about_a_person = _notes(), _grants(settings), _codes(settings), _tokens(settings), _deletions(), _ended_sessions()
    return *about_a_person, _clients(settings), _contract_calls()


def _notes() -> Stored:
    return Stored(
        "Your notes",
        "users/{uid}/notes",
        "What your assistants save for you, at the place where the app shows it to you. The place has your account's id.",
        (
            Item("What sort of note it is, its title, its text and its tags", ("kind", "title", "content", "tags")),
            Item("The web address that it is about, if it has one", ("sourceUrl",)),
            Item("Which assistant saved it", ("source.clientId", "source.clientName")),
            Item(
                "If the assistant sent them, as ChatGPT does: the ids of the conversation and of the GPT, to show you where the note came from and "
                "to recognise a save that is repeated",
                ("source.conversationId", "source.gptId"),
            ),
            Item("Name and version of the assistant's program, if it told them", ("source.software",)),
            Item(
                "Which assistant changed it last, and fingerprints of that change and of what it left, to recognise it when it is repeated",
                ("lastChange.clientId", "lastChange.clientName", "lastChange.callId", "lastChange.madeState"),
            ),
            Item("When it was saved and changed", ("createdAt", "updatedAt")),
        ),
        (Kept("A note", "until you delete it or your account, or an assistant that you allow to deletes it"),),
    )


def _grants(settings: Settings) -> Stored:
    return Stored(
        "Your connections",
        "oauthGrants",
        "What you allowed which assistant, so that it can do that and nothing else, and you can see and end it.",
        (
            Item("Your account's id", ("uid",)),
            Item("Which assistant, by its id and the name that you were shown", ("clientId", "clientName")),
            Item("What you allowed it, and in which part of the service", ("scope", "resource")),
            Item("When you connected it, and when it was last used", ("createdAt", "lastUsedAt")),
            Item("How many notes it saved", ("notesSaved",)),
            Item("When the record is to be deleted", ("expireAt",)),
        ),
        (
            Kept(
                "A connection",
                "after you allowed it or the assistant last renewed it; or until you disconnect it",
                settings.refresh_token_lifetime,
            ),
        ),
    )


def _codes(settings: Settings) -> Stored:
    return Stored(
        "Authorization codes",
        "oauthCodes",
        "Your yes on its way to the assistant. The code itself is not stored, only its fingerprint (SHA-256).",
        (
            Item("Your account's id", ("uid",)),
            Item("Which assistant, and where it was sent", ("clientId", "redirectUri", "redirectUriSent")),
            Item("What you allowed it, and in which part of the service", ("scope", "resource")),
            Item("How the assistant proves that it is the one that asked", ("codeChallenge",)),
            Item("Which connection came of it", ("grantId",)),
            Item(
                "When it ends, when it was used, and when the record is to be deleted",
                ("codeExpiresAt", "usedAt", "expireAt"),
            ),
        ),
        (
            Kept("One that was not used", "after you allowed the assistant", settings.code_lifetime),
            Kept("A used one", "after it was used, so that a stolen copy is noticed", _USED),
        ),
    )


def _tokens(settings: Settings) -> Stored:
    return Stored(
        "Access and refresh tokens",
        "oauthTokens",
        "What an assistant shows to be let in. The token itself is not stored, only its fingerprint (SHA-256).",
        (
            Item("Whether it gives access or renews it", ("use",)),
            Item("Your account's id", ("uid",)),
            Item("Which assistant and which connection it belongs to", ("clientId", "grantId")),
            Item("What it allows, and in which part of the service", ("scope", "resource")),
            Item("Which version of our key its successor was made with", ("keyId",)),
            Item(
                "When it was issued, when it was used, when it ends, and when the record is to be deleted",
                ("createdAt", "usedAt", "tokenExpiresAt", "expireAt"),
            ),
        ),
        (
            Kept("An access token", "after it was issued", settings.access_token_lifetime),
            Kept("A refresh token that was not used", "after it was issued", settings.refresh_token_lifetime),
            Kept("A used refresh token", "after it was used, so that a stolen copy is noticed", _USED),
        ),
    )


def _deletions() -> Stored:
    kinds = ("codes", "connections", "tokens", "notes")
    return Stored(
        "Deletions of everything",
        "accountDeletions",
        "That everything of yours is to be deleted, so that it is carried on until it is done, and your receipt. The place has your account's id.",
        (
            Item("What the deletion is called", ("id",)),
            Item(
                "When it was asked for, first and last, whether it is done, and since when",
                ("requestedAt", "askedAt", "done", "finishedAt"),
            ),
            Item(
                "How many notes, connections, codes and tokens there were, and were deleted",
                tuple(f"{counts}.{kind}" for counts in ("found", "deleted") for kind in kinds),
            ),
            Item("When the record is to be deleted", ("expireAt",)),
        ),
        (Kept("A finished one", "after it was finished", _RECEIPT), Kept("One that is not", "until it is finished")),
    )


def _ended_sessions() -> Stored:
    return Stored(
        "Ended sessions",
        "endedSessions",
        "That your account was disabled or deleted, so that a phone which was signed in before gets nothing any more. The place has your account's id.",
        (
            Item("Since when sign-ins from before are refused", ("validSince",)),
            Item("When the record is to be deleted", ("expireAt",)),
        ),
        (Kept("A record", "after your account was last seen to be disabled or deleted", _ENDED),),
    )


def _clients(settings: Settings) -> Stored:
    return Stored(
        "Assistants that may ask you",
        "oauthClients",
        "Who may ask people to connect. A program that registered itself may be one that only you use, as the page /docs in your browser.",
        (
            Item("The assistant's id and name, and how it came to be here", ("clientId", "name", "kind")),
            Item("Where people return to it, and the GPT that it is", ("redirectUris", "gptId")),
            Item("How it proves itself; of its secrets only fingerprints (SHA-256)", ("authMethods", "secretHashes")),
            Item("What it may ask for", ("scope",)),
            Item("Since when it is here, and since when it is refused", ("createdAt", "disabledAt")),
            Item(
                "When its own description is to be fetched again, and when the record is to be deleted",
                ("freshUntil", "expireAt"),
            ),
        ),
        (
            Kept("One that came by itself and was never connected", "after it came", UNUSED),
            Kept("Any other", f"until {settings.company} deletes it"),
        ),
    )


def _contract_calls() -> Stored:
    return Stored(
        "Versions that assistants call",
        "contractCalls",
        "To see which version of our interface an assistant knows. It does not name you; an assistant that only you use stands for you all the same.",
        (
            Item("Which assistant", ("clientId", "clientName")),
            Item("Which operation it called, by which version", ("operationId", "contract")),
            Item("When it last did, and when the record is to be deleted", ("calledAt", "expireAt")),
        ),
        (Kept("A record", "after the last call that was noted in it", _CALLED),),
    )
