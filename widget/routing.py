from django.urls import path

from widget.consumers import WidgetConsumer

websocket_urlpatterns = [path("ws/v1/chat", WidgetConsumer.as_asgi())]
