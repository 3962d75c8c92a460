from typing import Any

from django.urls import path, re_path

from widget.consumers import WidgetConsumer


async def nowhere(scope: Any, receive: Any, send: Any) -> None:
    """Any other address: refused without a traceback in the log."""
    await receive()
    await send({"type": "websocket.close"})


websocket_urlpatterns = [path("ws/v1/chat", WidgetConsumer.as_asgi()), re_path("", nowhere)]  # type: ignore[arg-type]
