"""What the Cloud Storage API does with buckets, without what is in them."""

from collections.abc import Mapping
from typing import Any

from tests.cloud.policies import Policies
from tests.cloud.proxy import Answer, Upload

_BUCKETS = "/storage/v1/b"


class Buckets:
    def __init__(self) -> None:
        self.policies = Policies()
        self.buckets: dict[str, dict[str, Any]] = {}
        self.objects: dict[tuple[str, str], bytes] = {}
        """What was uploaded, by bucket and name, with the exact bytes."""

    def __call__(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Answer:
        if path == _BUCKETS:
            return self._create(body)
        if path.startswith("/upload/"):
            return self._upload(path.split("/")[5], query, body)
        name, _, what = path.removeprefix(f"{_BUCKETS}/").partition("/")
        if name not in self.buckets:
            return _refuse(404, "notFound", "The specified bucket does not exist.")
        if what == "iam":
            return self._policy(method, name, body)
        if method == "PATCH":
            self.buckets[name] |= body
        return 200, self.buckets[name]

    def _create(self, body: Any) -> Answer:
        if body["name"] in self.buckets:
            return _refuse(409, "conflict", "The requested bucket name is not available.")
        about = {"kind": "storage#bucket", "projectNumber": "123456789012", "storageClass": "STANDARD"}
        self.buckets[body["name"]] = about | body
        return 200, self.buckets[body["name"]]

    def _upload(self, bucket: str, query: Mapping[str, str], upload: Upload) -> Answer:
        if bucket not in self.buckets:
            return _refuse(404, "notFound", "The specified bucket does not exist.")
        name = upload.about.get("name") or query["name"]
        self.objects[bucket, name] = upload.content
        about = {"kind": "storage#object", "bucket": bucket, "name": name, "generation": "1"}
        return 200, about | {"size": str(len(upload.content))}

    def _policy(self, method: str, name: str, body: Any) -> Answer:
        verb = "setIamPolicy" if method == "PUT" else "getIamPolicy"
        return self.policies(verb, f"buckets/{name}", {"policy": body})


def _refuse(code: int, reason: str, message: str) -> Answer:
    detail = {"domain": "global", "reason": reason, "message": message}
    return code, {"error": {"code": code, "message": message, "errors": [detail]}}
