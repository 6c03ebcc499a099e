"""python codes.py: make the client and the person once, then COUNT codes, and print the codes as a JSON list.

CLIENT_ID, CLIENT_SECRET, REDIRECT_URI and CODE_CHALLENGE say for whom. HASHED=no keeps the secret as it is, which
django-oauth-toolkit offers; by itself it hashes it as Django hashes passwords.
"""

import json
import os
import secrets
import sys
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "peer.settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402  # Django's models are there only after its set-up
from django.utils import timezone  # noqa: E402  # as above
from oauth2_provider.models import get_application_model, get_grant_model  # noqa: E402  # as above


def main() -> None:
    person, _ = User.objects.get_or_create(username="ada")
    application, _ = get_application_model().objects.get_or_create(
        client_id=os.environ["CLIENT_ID"],
        defaults={
            "name": "A client",
            "user": person,
            "client_type": "confidential",
            "authorization_grant_type": "authorization-code",
            "redirect_uris": os.environ["REDIRECT_URI"],
            "client_secret": os.environ["CLIENT_SECRET"],
            "hash_client_secret": os.environ.get("HASHED") != "no",
        },
    )
    grant, codes = get_grant_model(), [secrets.token_urlsafe(32) for _ in range(int(os.environ["COUNT"]))]
    grant.objects.bulk_create(
        grant(
            user=person,
            application=application,
            code=code,
            expires=timezone.now() + timedelta(minutes=10),
            redirect_uri=os.environ["REDIRECT_URI"],
            scope="read write",
            code_challenge=os.environ["CODE_CHALLENGE"],
            code_challenge_method="S256",
        )
        for code in codes
    )
    json.dump(codes, sys.stdout)


main()
