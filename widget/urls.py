from django.urls import path

from widget import metrics, views

api = "api/v1/widget/"
urlpatterns = [
    path("widget.js", views.loader),
    path("widget/<str:build>/<path:name>", views.module),
    path("chat/<str:key>", views.hosted, name="hosted-chat"),
    path(api + "config/<str:key>", views.config),
    path(api + "sessions", views.sessions),
    path(api + "messages", views.messages),
    path(api + "events", views.events),
    path(api + "turns/<uuid:turn>/stop", views.stop_turn),
    path(api + "turns/<uuid:turn>/retry", views.retry_turn),
    path(api + "cards/<uuid:card>/answer", views.answer_card),
    path(api + "messages/<uuid:message>/rating", views.rate_message),
    path(api + "human", views.human),
    path(api + "visitor", views.visitor),
    path(api + "conversation/close", views.close_conversation),
    path(api + "session-key", views.session_key),
    path(api + "tool-calls", views.tool_calls),
    path("healthz", views.healthz),
    path("readyz", views.readyz),
    path("metrics", metrics.prometheus),
    path("metrics.json", metrics.as_json),
]
