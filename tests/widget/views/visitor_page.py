"""A visitor's page, which speaks to the widget's API over HTTP."""

from __future__ import annotations

import asyncio
import json

from django.test import AsyncClient

from assistant.async_db import in_db
from assistant.models import Turn
from tests import make

API = "/api/v1/widget/"


class Page:
    """A visitor's page: its origin, and its token once it has one."""

    def __init__(self, origin: str = make.ORIGIN) -> None:
        self.client, self.origin, self.token, self.visitor = AsyncClient(), origin, "", ""

    def headers(self, **more: str) -> dict[str, str]:
        headers = {"origin": self.origin} if self.origin else {}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        return headers | more

    async def post(self, path: str, body: object = None, content_type: str = "application/json", **headers: str):
        data = body if isinstance(body, (str, bytes)) else json.dumps(body or {})
        return await self.client.post(API + path, data, content_type=content_type, headers=self.headers(**headers))

    async def get(self, path: str, **headers: str):
        return await self.client.get(API + path, headers=self.headers(**headers))

    async def open(self, assistant) -> None:
        answer = await self.post("sessions", {"key": assistant.public_key, "timezone": "Europe/London"})
        assert answer.status_code == 201, answer.content
        self.token, self.visitor = answer.json()["token"], answer.json()["visitor"]


async def ended(count: int = 1) -> None:
    async with asyncio.timeout(5):
        while await in_db(Turn.objects.filter(ended_at__isnull=False).count)() < count:
            await asyncio.sleep(0.01)
