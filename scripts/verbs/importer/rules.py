"""The rules of ChatGPT's action importer, in order, and what ChatGPT shows of a document that breaks one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from scripts.verbs.importer import addresses, operations, schemas, wording
from scripts.verbs.importer.document import Document, Found

_REFUSED = 'the import fails, often with the misleading "Could not find a valid URL in `servers`"'
_ROOT_DOMAIN = 'saving fails with "Authorization URL, Token URL, and API hostname must share a root domain"'

_UNKNOWN = "OpenAPI forbids it; no message is known"


@dataclass(frozen=True)
class Finding:
    """One broken rule at one place."""

    rule: str
    place: str
    wrong: str
    """What is wrong, and what to do."""
    shown: str
    """What ChatGPT shows or does."""

    def __str__(self) -> str:
        return f"{self.place}: {self.wrong} ChatGPT: {self.shown}. ({self.rule})"


@dataclass(frozen=True)
class Rule:
    """A pure function whose docstring is the rule, and what ChatGPT shows or does when it is broken."""

    find: Callable[[Document], Found]
    shown: str

    @property
    def name(self) -> str:
        return self.find.__name__

    @property
    def text(self) -> str:
        return (self.find.__doc__ or "").strip()

    def findings(self, document: Document) -> Iterator[Finding]:
        return (Finding(self.name, place, wrong, self.shown) for place, wrong in self.find(document))


RULES = (
    Rule(addresses.the_document_is_openapi, _REFUSED),
    Rule(addresses.the_version_is_3_1, "the import fails with \"Input should be '3.1.1' or '3.1.0'\""),
    Rule(addresses.there_is_one_https_server, _REFUSED),
    Rule(
        addresses.there_is_a_privacy_policy,
        "its editor has a field for the address, and no key is read; a GPT without one cannot be shared by link or in the store",
    ),
    Rule(addresses.oauth_shares_the_root_domain, _ROOT_DOMAIN),
    Rule(addresses.oauth_is_the_code_flow, "it signs in by an authorization URL and a token URL; no message is known"),
    Rule(operations.there_is_one_auth_type, "one auth type an action, beside open operations; no message is known"),
    Rule(
        operations.there_are_1_to_30_operations,
        "reports give 30 operations an action as the limit; no message is known",
    ),
    Rule(operations.every_operation_has_an_id, _REFUSED),
    Rule(operations.operation_ids_are_unique, "the model calls an operation by its id; no message is known"),
    Rule(
        operations.every_operation_is_described,
        "these texts are what the model reads of an operation; no message is known",
    ),
    Rule(
        operations.operation_texts_are_short,
        "300 characters is the limit, and a tool tested with the importer refuses 300 itself",
    ),
    Rule(operations.parameter_texts_are_short, "700 characters is a parameter's limit; no message is known"),
    Rule(operations.no_parameter_is_a_header_or_cookie, "custom headers and cookies are not sent; no message is known"),
    Rule(operations.path_parameters_are_in_the_path, _UNKNOWN),
    Rule(operations.parameters_are_there_once, _UNKNOWN),
    Rule(operations.asking_is_explicit, "no flag means true for all but GET, so the person is asked at every save"),
    Rule(operations.asking_suits_the_operation, 'true asks at every call, false offers "Always allow"'),
    Rule(
        operations.security_is_explicit,
        "by OpenAPI the operation has the document's `security`, or is open; no message is known",
    ),
    Rule(wording.texts_do_not_push, "the model may call it unasked, which OpenAI's rules for descriptions forbid"),
    Rule(schemas.components_hold_schemas, _REFUSED),
    Rule(schemas.references_lead_somewhere, _REFUSED),
    Rule(schemas.references_are_not_circular, _REFUSED),
    Rule(schemas.objects_have_properties, _REFUSED),
    Rule(schemas.arrays_have_items, _REFUSED),
    Rule(schemas.schemas_have_a_type, _REFUSED),
    Rule(schemas.types_are_those_of_json, _REFUSED),
    Rule(schemas.no_schema_takes_null, _REFUSED),
    Rule(schemas.references_stand_alone, _REFUSED),
    Rule(schemas.no_object_is_a_map, _REFUSED),
)


def lint(document: Document) -> list[Finding]:
    """What ChatGPT's importer would not take in DOCUMENT, rule by rule."""
    return [finding for rule in RULES for finding in rule.findings(document)]
