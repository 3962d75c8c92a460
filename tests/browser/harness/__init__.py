"""A server that speaks docs/protocol.md out of memory, and a browser: the widget is tested without Django behind it."""

from .pages import Site
from .realtime import RealtimeDouble
from .server import FakeServer
from .widget import Widget

__all__ = ["FakeServer", "RealtimeDouble", "Site", "Widget"]
