from django.urls import path

from widget import files, inbound_mail, metrics
from widget.views import api, assets, gallery, health, hosted, voice_calls

API = "api/v1/widget/"
urlpatterns = [
    path("widget.js", assets.loader),
    path("widget/gallery", gallery.show, name="widget-gallery"),
    path("widget/<str:build>/<path:name>", assets.module),
    path("chat/<str:key>", hosted.chat, name="hosted-chat"),
    path(API + "config/<str:key>", api.config),
    path(API + "sessions", api.sessions),
    path(API + "identity", api.identity),
    path(API + "messages", api.messages),
    path(API + "events", api.events),
    path(API + "search", api.search),
    path(API + "files", api.upload_file),
    path(API + "files/<uuid:file>", api.file),
    path(API + "turns/<uuid:turn>/stop", api.stop_turn),
    path(API + "turns/<uuid:turn>/retry", api.retry_turn),
    path(API + "cards/<uuid:card>/answer", api.answer_card),
    path(API + "cards/<uuid:card>/slots", api.browse_slots),
    path(API + "messages/<uuid:message>/rating", api.rate_message),
    path(API + "consent", api.consent),
    path(API + "human", api.human),
    path(API + "visitor", api.visitor),
    path(API + "conversation/close", api.close_conversation),
    path(API + "conversation/rating", api.rate_conversation),
    path(API + "transcript", api.send_transcript),
    path(API + "session-key", api.session_key),
    path(API + "tool-calls", api.tool_calls),
    path(API + "voice-calls/<uuid:call>/start", voice_calls.start),
    path(API + "voice-calls/<uuid:call>/lines", voice_calls.add_line),
    path(API + "voice-calls/<uuid:call>/end", voice_calls.end),
    path("files/<str:token>", files.download, name="conversation-file"),
    path("api/v1/inbound-mail", inbound_mail.receive),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics.prometheus),
    path("metrics.json", metrics.as_json),
]
