"""/docs, the contract for people; and for operators, which version of it is called: /docs/calls, /operator/calls."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request

from service.audit import decided
from service.backends import Backends
from service.contract import Contract, versioned
from service.docs.calls import ContractCall, list_calls
from service.errors import ActionError
from service.identity.id_token import verify_person
from service.pages.pages import Pages
from service.pages.sign_in import SignInPages
from service.settings import Settings

# Redirect URIs are compared character by character: this one is not an asset's, whose address changes.
_REDIRECT = "/docs/oauth2-redirect.html"
_MOST_CALLS = 200
DOORS = dict.fromkeys(("/docs", _REDIRECT, "/docs/calls"), "page")
_POLICY = {
    "script-src": "'self'",
    "connect-src": "'self'",
    "img-src": "'self' data:",  # swagger-ui.css draws its arrows, locks and marks from data: addresses
}


def blueprint(
    settings: Settings, contract: Contract, pages: Pages, sign_in_pages: SignInPages, backends: Backends
) -> Blueprint:
    docs = Blueprint("docs", __name__)
    server = settings.public_url + versioned(contract.digest)

    @docs.get("/docs")
    def show() -> Response:
        return pages.show(
            "docs.html",
            policy=_POLICY,
            title=contract.title,
            version=contract.version,
            digest=contract.digest,
            scopes=" ".join(sorted(contract.scopes)),
            server=server,
            public_url=settings.public_url,
            redirect_uri=settings.public_url + _REDIRECT,
        )

    @docs.get(_REDIRECT)
    def redirected() -> Response:
        response = pages.show("docs_redirect.html", policy={"script-src": "'self'"})
        response.headers["Referrer-Policy"] = "no-referrer"  # its address has the code
        return response

    @docs.get("/docs/calls")
    def calls_page() -> Response:
        return sign_in_pages.show("calls.html", digest=contract.digest)

    @docs.get("/operator/calls")
    def calls() -> Response:
        with decided("operator.calls", request.environ, settings.project) as decision:
            uid = verify_person(request.headers.get("Authorization"), backends.identity, decision)
            _check_operator(uid, settings)
            found = list_calls(backends.contract_calls.find_calls(_MOST_CALLS), backends.now())
        live = {"version": contract.version, "digest": contract.digest}
        return jsonify({"live": live, "calls": [_shown(call, contract.digest) for call in found]})

    return docs


def _check_operator(uid: str, settings: Settings) -> None:
    if uid not in settings.operators:
        message = (
            f"Only operators of this service see this, and your account is not one of theirs. Its user id is {uid}: "
            "whoever runs the service adds it to OPERATORS."
        )
        raise ActionError(403, "not_an_operator", message)


def _shown(call: ContractCall, live: str) -> dict[str, Any]:
    return {
        "clientName": call.client_name,
        "clientId": call.client_id,
        "operationId": call.operation_id,
        "contract": call.contract,
        "isLive": call.contract == live,
        "calledAt": _time(call.called_at),
    }


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
