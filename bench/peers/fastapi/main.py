"""POST /notes with FastAPI and Firestore's AsyncClient: get the token's document, then add a note. See bench/saves."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Request, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from google.cloud.firestore import AsyncClient
from pydantic import BaseModel, Field


class Note(BaseModel):
    kind: Literal["note", "bookmark", "quote", "post", "video"] = "note"
    title: Annotated[str, Field(min_length=1, max_length=300)]
    content: Annotated[str, Field(min_length=1, max_length=100_000)]
    tags: Annotated[list[Annotated[str, Field(max_length=50)]], Field(max_length=20)] = []


class Saved(BaseModel):
    id: str
    title: str
    createdAt: datetime
    created: bool
    url: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.db = AsyncClient()
    yield
    app.state.db.close()


app = FastAPI(lifespan=lifespan)


def database(request: Request) -> AsyncClient:
    return request.app.state.db


Database = Annotated[AsyncClient, Depends(database)]


async def authenticate(
    bearer: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())], db: Database
) -> dict[str, Any]:
    digest = sha256(bearer.credentials.encode()).hexdigest()
    found = await db.collection("tokens").document(digest).get()
    access = found.to_dict()
    if not access or access["expiresAt"] <= datetime.now(UTC) or "notes:write" not in access["scope"]:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})
    return access


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/notes", status_code=status.HTTP_201_CREATED)
async def save(note: Note, access: Annotated[dict[str, Any], Depends(authenticate)], db: Database) -> Saved:
    now = datetime.now(UTC)
    source = {"clientId": access["clientId"], "clientName": access["clientName"]}
    notes = db.collection("users").document(access["uid"]).collection("notes")
    _, made = await notes.add({**note.model_dump(), "source": source, "createdAt": now, "updatedAt": now})
    url = f"{os.environ['NOTE_URL']}/{made.id}"
    return Saved(id=made.id, title=note.title, createdAt=now, created=True, url=url)
