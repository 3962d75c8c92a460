"""HTTP, WebSocket and background tasks. docs/operations.md has the command for production."""

import asyncio
import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interworky.settings")
http = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402 - needs the apps that the line above loads
from django.conf import settings  # noqa: E402
from django.urls import path  # noqa: E402

from assistant import checks, turns  # noqa: E402
from assistant.admin.inbox.socket import InboxConsumer  # noqa: E402
from assistant.engine import claims  # noqa: E402
from assistant.services import background  # noqa: E402
from interworky.edge import Edge  # noqa: E402
from interworky.lifespan import Lifespan  # noqa: E402
from interworky.rules import RULES, is_known, slots  # noqa: E402
from widget.routing import websocket_urlpatterns  # noqa: E402


async def prepare_claims() -> None:
    """On a thread, while the server answers already: the first reply does not wait for what it would compile."""
    await asyncio.to_thread(claims.prepare)


HAND_OVER_SECONDS = 5  # for handing over replies that have not finished by then

sockets = URLRouter([path("ws/v1/inbox", InboxConsumer.as_asgi()), *websocket_urlpatterns])

application = Lifespan(
    Edge(ProtocolTypeRouter({"http": http, "websocket": sockets}), RULES, is_known, slots()),
    keepers=[turns.run_keeper, prepare_claims, background.run_keeper],
    obstacles=lambda: checks.lost_keys(databases=["default"]),
    stop_seconds=settings.ASSISTANT_DRAIN_SECONDS + HAND_OVER_SECONDS,
)
