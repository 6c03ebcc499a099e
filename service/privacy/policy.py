"""What `/privacy` says. Each sentence is true of the code as it is; none is a promise about the law."""

from typing import Any
from urllib.parse import quote

from service.privacy.stored import Stored, everything_stored
from service.record import record
from service.settings import Settings


@record
class Reader:
    who: str
    what: str


@record
class Policy:
    """The page in its order. Texts are plain; whoever shows them escapes them."""

    disclaimer: str
    """All of it in one sentence."""
    company: str
    contact: str
    app: str
    stored: tuple[Stored, ...]
    expiry: str
    account: tuple[str, ...]
    readers: tuple[Reader, ...]
    not_stored: tuple[str, ...]
    browser: tuple[str, ...]
    logged: tuple[str, ...]
    deletion: tuple[str, ...]

    @property
    def contact_url(self) -> str:
        return self.contact if self.contact.startswith("https://") else f"mailto:{quote(self.contact, safe='@+')}"


def write_policy(settings: Settings) -> Policy:
    company, app = settings.company, settings.app_name
    return Policy(
        disclaimer=f"This service stores the notes that assistants save for you in {app}, and what connecting them needs; it sets no cookies and does not track you.",
        company=company,
        contact=settings.contact,
        app=app,
        stored=everything_stored(settings),
        expiry="What has come to its end stops working at that moment; Google's database deletes the record after it, typically within 24 hours.",
        account=_account(settings),
        readers=_readers(settings),
        not_stored=_not_stored(),
        browser=_browser(settings),
        logged=_logged(company),
        deletion=_deletion(settings),
    )


def document(policy: Policy) -> dict[str, Any]:
    """POLICY as JSON has it: with the fields of each collection, without null."""
    return {
        "disclaimer": policy.disclaimer,
        "company": policy.company,
        "contact": policy.contact,
        "app": policy.app,
        "stored": [_stored(one) for one in policy.stored],
        "expiry": policy.expiry,
        "account": policy.account,
        "readers": [{"who": reader.who, "what": reader.what} for reader in policy.readers],
        "notStored": policy.not_stored,
        "browser": policy.browser,
        "logged": policy.logged,
        "deletion": policy.deletion,
    }


def _stored(stored: Stored) -> dict[str, Any]:
    return {
        "name": stored.name,
        "collection": stored.collection,
        "why": stored.why,
        "items": [{"words": item.words, "fields": item.fields} for item in stored.items],
        "kept": [
            {"which": kept.which, "until": kept.until}
            | ({"seconds": int(kept.period.total_seconds())} if kept.period else {})
            for kept in stored.kept
        ],
    }


def _account(settings: Settings) -> tuple[str, ...]:
    return (
        f"Your account for {settings.app_name} is kept by Firebase Authentication, a service of Google, for {settings.company}: its id, your e-mail address, your name if you gave one, what Google or Apple tell of it if you sign in with them, and how and when you signed in.",
        "You sign in between your browser and Google. What reaches this service is a proof of who you are; it takes your account's id from it and does not store the proof. When you sign in with Google or Apple, their answer, which can have your name and e-mail address, passes through this service on its way to Google's sign-in page, and is not kept.",
    )


def _readers(settings: Settings) -> tuple[Reader, ...]:
    company, app = settings.company, settings.app_name
    return (
        Reader("You", f"Your notes in {app}, and on the page /connections what is connected and what it did."),
        Reader(
            "The assistants that you connected",
            "What you allowed, when they ask for it. One that may read your notes gets any of them, whoever saved it, and your name and e-mail address. One that may change notes can change or delete any of them. Each gets your account's id with its access. What its maker does with all that is for the maker's own privacy policy to say: for ChatGPT, OpenAI's.",
        ),
        Reader(company, "Everything named here, as far as its people administer the Google Cloud project."),
        Reader(
            f"Operators whom {company} has named",
            "Which assistant called which operation by which version, and when. Nothing of your notes and no account.",
        ),
        Reader(
            "Google",
            f"Stores and processes it for {company}: Cloud Run, Firestore, Firebase Authentication and Cloud Logging.",
        ),
        Reader("Anybody else", "Nothing. This service sends it to nobody else."),
    )


def _not_stored() -> tuple[str, ...]:
    return (
        "No password. It goes from your browser to Google, and never to this service.",
        "No name and no e-mail address of yours: they stay in your account at Firebase Authentication.",
        "No code, token or secret itself: only fingerprints, by which it is recognised when it is shown.",
        "Not the id that ChatGPT makes for its user (openai-ephemeral-user-id). It is not even read.",
        "No IP address. Addresses are counted in memory, where nobody looks them up, so that who fails or calls too often can be told to wait.",
        "No cookie, no tracking, no statistics about you.",
        "Nothing of the game of tic-tac-toe, which needs no sign-in.",
    )


def _browser(settings: Settings) -> tuple[str, ...]:
    methods = settings.sign_in_methods
    providers = " or ".join(name.capitalize() for name in ("google", "apple") if name in methods)
    lines = [
        "The pages load everything from this service itself. On those where you sign in, your browser also talks to Firebase Authentication, and keeps your sign-in in its own storage until you press “Use another account”."
    ]
    if "email-link" in methods:
        lines.append(
            "When you ask for a sign-in link, it keeps your e-mail address there until you have opened the link."
        )
    if providers:
        lines.append(
            f"Google's sign-in script is loaded when you press the button of {providers}, and not before. Then you are on a page of theirs, which may set cookies of its own."
        )
    lines.append(
        "When you read your notes at /notes, your browser gets them from Firestore itself, and keeps those that it has shown in its own storage, so that they are there without a connection, until you press “Use another account”. The pictures in a note are not loaded."
    )
    lines.append(
        "If you try the operations at /docs, that page keeps there the id by which it asks you, and nothing else."
    )
    return tuple(lines)


def _logged(company: str) -> tuple[str, ...]:
    return (
        "This service writes a line for each decision: what was asked, how it ended and why, which assistant and which connection, by which version of our interface, how many notes were downloaded or deleted, and the request's trace id. Where you look at your connections, decide, connect, download or delete, it has your account's id. It has no token, no e-mail address and nothing of what a note says. A failure of its own is a line that names the kind and the place in the code.",
        "Google's platform writes its own line for each request: when, from which IP address, with which program, and the address that was asked for. When an assistant looks through your notes, the words that it searches for are part of that address.",
        f"How long log lines are kept is set by {company} in Google Cloud Logging; Google's default is 30 days.",
    )


def _deletion(settings: Settings) -> tuple[str, ...]:
    company, app, contact = settings.company, settings.app_name, settings.contact
    return (
        "A connection: press Disconnect on the page /connections. It ends at that moment, and its record and the records of its codes are deleted. Its tokens are worth nothing from then on; their fingerprints stay for the time named above.",
        "What an assistant saved: press “Disconnect and delete what it saved” there. Every note that it saved first is deleted, also if it was changed since.",
        f"One note: ask an assistant that may change your notes to delete it, or delete it in {app} if the app offers that.",
        "Everything: press “Delete everything” on the page /account, where you can also download your notes first. From its first moment on no assistant has access; then your notes and the records of your connections, codes and tokens are deleted, and you get a receipt. Your account itself stays.",
        f"Your account: delete it in {app}, if the app offers that, or write to {company}, {contact}. What is stored here for an account that is gone is deleted when an assistant next asks to renew its access, or when {company} looks for such accounts.",
        f"This service makes no backups. If {company} has Google make some, what is deleted stays in them until they expire.",
    )
