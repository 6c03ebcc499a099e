"""`AccessStore` on Firestore."""

from service.firestore import Documents
from service.identity.access import Use
from service.proof import proven


class FirestoreAccessStore:
    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def check(self, use: Use) -> None:
        proven(self._documents, use)
