"""What the submission's form asks for beside the plugin: as a file to import, and as a page to copy from."""

import json
from collections.abc import Sequence
from typing import Any

from scripts.verbs.plugin.cases import NEGATIVE, POSITIVE, SAMPLE, Case
from scripts.verbs.plugin.listing import Listing
from scripts.verbs.plugin.package import CATEGORY, SUBTITLE, description, starters
from scripts.verbs.plugin.tools import HINTS

# The form's own names: the skill chatgpt-app-submission of github.com/openai/plugins.
_JUSTIFIED = {
    "read_only_justification": "readOnlyHint",
    "open_world_justification": "openWorldHint",
    "destructive_justification": "destructiveHint",
}
_BY_HAND = "**by hand**"


def form(listing: Listing, tools: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """`chatgpt-app-submission.json`, which fills a part of the form in."""
    return {
        "$schema": "https://developers.openai.com/apps-sdk/schemas/chatgpt-app-submission.v1.json",
        "schema_version": 1,
        "app_info": {
            "display_name": listing.title,
            "subtitle": SUBTITLE,
            "description": description(listing),
            "category": CATEGORY.upper(),
        },
        "tools": {
            tool["name"]: {
                "annotations": {hint: tool["annotations"][hint] for hint in _JUSTIFIED.values()},
                "justifications": {name: tool["justifications"][hint] for name, hint in _JUSTIFIED.items()},
            }
            for tool in tools
        },
        "test_cases": [_case(one.what, one.prompt, _names(one), one.outcome) for one in POSITIVE],
        "negative_test_cases": [_case(one.what, one.prompt, None, one.outcome) for one in NEGATIVE],
    }


def left(listing: Listing) -> list[str]:
    """What no command can do."""
    missing = (
        (listing.terms, "Write terms of service, and say where they are: --terms-url."),
        (
            listing.support,
            "Say where people find help, --support-url: CONTACT is an e-mail address, the form wants a page.",
        ),
        (listing.logo, "Give a logo, a square PNG: --logo."),
    )
    verified = f"Have {listing.developer} verified in the OpenAI Platform's organization settings, under that name, and"
    challenge = (
        f"Set OPENAI_APPS_CHALLENGE to the form's token for the domain and deploy: {listing.challenge_url} says it."
    )
    account = "Make the reviewer's account in the Firebase console, with e-mail address, password and no second factor;"
    return [
        *(what for given, what in missing if not given),
        f"{verified} be allowed Apps Management Write there.",
        challenge,
        f"{account} SIGN_IN_METHODS must have password. Save the sample note as it.",
        "Let the form scan the tools, and try each test case in ChatGPT, on the web and on a phone.",
        "Choose the countries, agree to the policies, submit, and publish after the review.",
    ]


def page(listing: Listing, tools: Sequence[dict[str, Any]], archive: str) -> str:
    """`submission.md`."""
    todo = "\n".join(f"* [ ] {what}" for what in left(listing))
    prompts = " · ".join(starters())
    fields = [
        ("ZIP", f"`{archive}`"),
        ("Developer identity", listing.developer),
        ("Name", listing.title),
        ("Short description", SUBTITLE),
        ("Long description", description(listing)),
        ("Category", CATEGORY),
        ("Logo", "in the ZIP" if listing.logo else _BY_HAND),
        ("Website", listing.website),
        ("Support", listing.support or _BY_HAND),
        ("Privacy policy", listing.privacy),
        ("Terms of service", listing.terms or _BY_HAND),
        ("Starter prompts", prompts),
        ("MCP server URL", f"{listing.mcp_url}, Universal: one for everybody"),
        ("Authentication", "OAuth; nothing to type, the client identifies itself by its metadata document"),
        ("Scopes", "notes:read notes:write"),
        ("Content security policy", "none: no tool shows a page of its own"),
        ("Domain verification", f"{listing.challenge_url}, plain text"),
        ("Reviewer's account", f"{_BY_HAND}: e-mail address and password, no second factor"),
        ("Sample data of it", f"one note, “{SAMPLE['title']}”: {SAMPLE['content']}"),
        ("Contact", listing.contact),
    ]
    return f"""\
# {listing.title} for ChatGPT's plugin directory

Made by `scripts/plugin`, version {listing.version}. The form is at https://platform.openai.com/plugins, **With MCP**.

## Left for you

{todo}

## The form

{_table(("field", "what to enter"), fields)}

## The tools

{_table(("tool", *HINTS), [(f"`{tool['name']}`", *(_hint(tool, hint) for hint in HINTS)) for tool in tools])}

## Test cases

Before each one the account has the sample note and no other one.

{_table(("says", "calls", "outcome"), [(one.prompt, _calls(one), one.outcome) for one in POSITIVE])}

For these no tool may change anything:

{_table(("says", "outcome"), [(one.prompt, one.outcome) for one in NEGATIVE])}
"""


def _case(what: str, prompt: str, tools: str | None, outcome: str) -> dict[str, str | None]:
    return {
        "description": what,
        "user_prompt": prompt,
        "file_attachment_urls": None,
        "tools_triggered": tools,
        "expected_output": outcome,
        "expected_output_url": None,
    }


def _names(case: Case) -> str:
    return ", ".join(dict.fromkeys(call.tool for call in case.calls))


def _calls(case: Case) -> str:
    return "<br>".join(f"`{call.tool}` `{json.dumps(call.arguments, ensure_ascii=False)}`" for call in case.calls)


def _hint(tool: dict[str, Any], hint: str) -> str:
    return f"{'yes' if tool['annotations'][hint] else 'no'}. {tool['justifications'][hint]}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
