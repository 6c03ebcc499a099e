"""Google's REST APIs with the token of gcloud: exact answers in milliseconds, where gcloud takes a second for words."""

import json
import time
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler

from scripts.verbs.processes import Failed

_SECONDS = 60
_PAUSES = (1.0, 2.0, 4.0, 8.0)
_AGAIN = (429, 503)
# The one API that a project may lack and that is asked first: it is not charged to the project itself.
_UNCHARGED = "serviceusage.googleapis.com"


class Denied(Failed):
    """Google refused to answer; the text has why, and what may help."""


class CutOff(Failed):
    """The connection ended before the answer did: what was asked for may have been done, or not."""


class GoogleApi:
    """Asks for PROJECT, as whoever TOKEN belongs to. Too many requests, or a busy API, are tried again after a PAUSE.

    So is an API that is not switched on, because one that just was takes its time; in a DRY RUN there is nothing of it.
    A person's requests must be CHARGED to the project; those of its own service accounts are, without a word.
    """

    def __init__(
        self,
        project: str,
        token: str,
        *,
        dry_run: bool = False,
        charged: bool = True,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self._project, self._token, self._dry_run, self._pause = project, token, dry_run, pause
        self._charged = charged
        self._opener = urllib.request.build_opener(_Nowhere)

    def find(
        self, address: str, query: Mapping[str, str] | None = None, body: Any = None, *, method: str = "GET"
    ) -> Any:
        """What is at ADDRESS, a host and a path; None when Google says that it is not there.

        Raises `Denied` for every other refusal: what may not be seen is not absent.
        """
        asked = f"{address}?{urlencode(query)}" if query else address
        status, answer = self._answer(method, asked, body)
        if status == 200:
            return answer
        if (status == 404 and _says_not_found(answer)) or (self._dry_run and _is_switched_off(answer)):
            return None
        raise _denied(status, answer, asked)

    def listed(self, address: str, key: str, query: Mapping[str, str] | None = None) -> list[Any]:
        """All of a list, page after page. Raises `Denied`, also when what it is a list of is not there."""
        found: list[Any] = []
        page = dict(query or {})
        while True:
            answer = self.find(address, page)
            if answer is None and self._dry_run:
                return found
            if answer is None:
                raise Denied(f"there is nothing at https://{address}. Run the same again.")
            found += answer.get(key, ())
            if not (token := answer.get("nextPageToken")):
                return found
            page["pageToken"] = token

    def change(self, method: str, address: str, body: Any) -> Any:
        """The answer. Raises `Denied`."""
        status, answer = self._answer(method, address, body)
        if status != 200:
            raise _denied(status, answer, f"{method} {address}")
        return answer

    def _answer(self, method: str, address: str, body: Any) -> tuple[int, Any]:
        for pause in _PAUSES:
            try:
                status, answer = self._ask(method, address, body)
            except CutOff:
                if method != "GET":
                    raise
                self._pause(pause)
                continue
            if status not in _AGAIN and (self._dry_run or not _is_switched_off(answer)):
                return status, answer
            self._pause(pause)
        return self._ask(method, address, body)

    def _ask(self, method: str, address: str, body: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        if self._charged and not address.startswith(_UNCHARGED):
            headers["X-Goog-User-Project"] = self._project
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"https://{address}", content, headers, method=method)  # https
        try:
            with self._opener.open(request, timeout=_SECONDS) as response:
                return response.status, _parsed(response.read())
        except HTTPError as refused:
            return refused.code, _parsed(_whole(refused))
        except (HTTPException, ConnectionResetError) as cut:
            raise CutOff(f"no whole answer from https://{address.partition('?')[0]}: {cut}") from None
        except (URLError, TimeoutError, ConnectionError) as failed:
            raise Failed(f"no answer from https://{address.partition('?')[0]}: {failed}") from None


def covers(found: Any, wanted: Any) -> bool:
    """Whether FOUND says all that is WANTED. Google adds to what it was told, and leaves out what is 0 or empty."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(covers(found[key], value) if key in found else not value for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(found, list):
        return len(found) == len(wanted) and all(covers(*each) for each in zip(found, wanted, strict=True))
    return bool(found == wanted)


class _Nowhere(HTTPRedirectHandler):
    """Google's APIs redirect nobody, and a token is for nobody else."""

    def redirect_request(self, *_: object) -> None:
        return None


def _whole(refused: HTTPError) -> bytes:
    try:
        return refused.read()
    except (HTTPException, OSError):
        return b"(the rest of the answer was cut off)"


def _error(answer: Any) -> dict[str, Any]:
    said = answer.get("error") if isinstance(answer, dict) else None
    return said if isinstance(said, dict) else {}


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")[:500]


def _says_not_found(answer: Any) -> bool:
    """By the API's own word, which Cloud Storage has elsewhere: a page of somebody's proxy is no such word."""
    said = _error(answer)
    return said.get("status") == "NOT_FOUND" or any(each.get("reason") == "notFound" for each in said.get("errors", ()))


def _is_switched_off(answer: Any) -> bool:
    return "SERVICE_DISABLED" in json.dumps(answer)


def _denied(status: int, answer: Any, address: str) -> Denied:
    said = _error(answer)
    why = f"{status} {said.get('status', '')}: {said.get('message', answer)}"
    advice = {
        401: "The credential has expired, or is none: run `gcloud auth login`.",
        403: "Is the project right, and may you see this? scripts/project needs roles/owner, or as much.",
        429: "Wait a minute.",
    }
    said_so = (f"https://{address}", why, advice.get(status, ""), "Run the same again: what is done is not done twice.")
    return Denied("\n".join(line for line in said_so if line))
