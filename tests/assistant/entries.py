"""Every way in which an address that is not the operator's gets into the product: forms that take one, and functions that
go there. Each is driven through its real view, task or executor, and tells what was said and what it kept.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone

from assistant import jobs, replay, secrets, summaries, tasks, turns, voice
from assistant.admin.methods.imports import DocumentForm
from assistant.async_db import in_db
from assistant.errors import ImportRefused, InputError, ProviderUnavailable
from assistant.llm import ChatMessage, TokenUsage, ToolCallRequest
from assistant.management.doctor import examine
from assistant.models import (
    Assistant,
    CalendarAccount,
    Conversation,
    Delivery,
    Document,
    MessageChannel,
    Method,
    OutsideCalendar,
    Provider,
    ProviderHealth,
    PushSubscription,
    Replay,
    TeamWebhook,
    Turn,
    VoiceCall,
)
from assistant.models import ToolCall as Row
from assistant.providers import measuring, router
from assistant.providers.realtime import Refused
from assistant.services.conversations import voice_calls
from assistant.services.conversations.leases import begin_turn
from assistant.services.conversations.messages import append_message
from assistant.services.deliveries import outbox
from assistant.services.knowledge import documents
from assistant.services.methods import replays
from assistant.services.notifications import queue as notifications
from assistant.tools import KINDS, importing
from assistant.tools.executor import Executor
from assistant.tools.importing import mcp, sentence
from assistant.turns.runner import running_tasks
from tests import make
from tests.assistant.admin.test_scoping import entered
from tests.assistant.services.notifications.test_push import Browser

ORDER = {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]}
model_for = partial(router.model_for, backoff_seconds=0.001)


@dataclass(frozen=True)
class Said:
    """What staff, model or visitor are told. `kept` is what was stored of the answer, or because of the address."""

    code: str
    text: str
    kept: Any = None


class Rooms:
    """An organization whose method, provider and page can be given any address, past the forms that would refuse it."""

    def __init__(self) -> None:
        self.home = make.organization(use_platform_providers="never", team_email="team@example.com")
        self.mia: Assistant = make.assistant(self.home)
        self.talk: Conversation = make.conversation(self.mia)
        self.user = User.objects.create_superuser("boss")
        self.boss: Client = entered(self.user)
        self.forms: dict[Any, Any] = {}
        self.provider = Provider(organization=self.home, name="Own", smart="m", fast="m", auth="none", realtime="v")
        self.document = Document(organization=self.home, kind="page", url="https://www.example.com/", refresh_hours=24)
        documents.queue(self.document)
        self.method = Method.objects.create(
            organization=self.home, name="look", kind="http", description="Look.", risk="read", parameters=ORDER,
            per_day=100_000, per_visitor_per_day=100_000,
        )  # fmt: skip
        self.mia.methods.add(self.method)
        self.message = append_message(self.talk, "visitor", "Hello")

    # --- Methods ------------------------------------------------------------------------------------------------------

    def set_method(self, kind: str, **config: Any) -> None:
        if kind == "http":
            config = {**CONFIG, **config}
        Method.objects.filter(pk=self.method.pk).update(kind=kind, config=config)
        self.method.refresh_from_db()

    def call(self, **arguments: Any) -> Said:
        """As a model does."""

        async def execute() -> None:
            executor = await Executor.for_conversation(self.talk)
            await executor.execute(ToolCallRequest("c", "look", arguments or {"order": "1"}), round=1, ordinal=0)

        async_to_sync(execute)()
        return self.of_ledger()

    def of_ledger(self) -> Said:
        row = Row.objects.order_by("-created_at").first()
        assert row is not None and not row.sources
        return Said(row.code or row.state, row.result, row.result if row.state == "done" else None)

    def http_get(self, url: str) -> Said:
        self.set_method("http", url=url)
        return self.call()

    def http_post(self, url: str) -> Said:
        self.set_method("http", url=url, verb="POST")
        return self.call()

    def http_relayed(self, url: str) -> Said:
        """As a browser passes it on from a voice session."""
        self.set_method("http", url=url)
        async_to_sync(voice.run_call)(self.talk, ToolCallRequest(f"c{Row.objects.count()}", "look", {"order": "1"}))
        return self.of_ledger()

    def http_tested(self, url: str) -> Said:
        self.set_method("http", url=url)
        self.boss.post(f"/admin/assistant/method/{self.method.pk}/test/", {"argument-order": "1", "send": ""})
        return self.of_ledger()

    def mcp_called(self, url: str) -> Said:
        self.set_method("mcp", url=url, tool="look", auth="none", timeout_seconds=5, max_kb=64)
        return self.call()

    # --- Imports ------------------------------------------------------------------------------------------------------

    def mcp_listed(self, url: str) -> Said:
        try:
            found = async_to_sync(mcp.read)(url)
        except ImportRefused as error:
            return Said(error.code, str(error))
        return Said("done", "", [draft.name for draft in found.drafts])

    def imported(self, source: str, **fields: Any) -> Said:
        """From the page where staff begin to the methods that are made, or why there are none."""
        address = f"/admin/assistant/method/import/?organization={self.home.pk}"
        form = {f"{source}-{name}": value for name, value in fields.items()}
        response = self.boss.post(address, {"source": source, **form})
        if response.status_code == 200:
            (error, *_), *_ = response.context["forms"][source].errors.as_data().values()
            return Said(error.code, " ".join(error.messages))
        ((problem, *_), *_) = [line.draft.problems or (None,) for line in self.boss.get(response.url).context["lines"]]
        self.boss.post(response.url, {"draft": ["0"]})
        made = self.home.methods.exclude(pk=self.method.pk)
        kept = list(made.values_list("config__url", flat=True))
        made.delete()
        return Said(problem.code if problem else "done", problem.text if problem else "", kept or None)

    def mcp_imported(self, url: str) -> Said:
        return self.imported("server", url=url, auth="none")

    def sentence(self, url: str) -> Said:
        """A draft by the organization's own model, which sits at `url`."""
        self.set_provider(url)
        return self.imported("sentence", sentence="Let visitors check orders at https://api.example.com/orders/{id}")

    def document(self, url: str) -> Said:
        return self.imported("document", text=openapi(url))

    # --- Knowledge ----------------------------------------------------------------------------------------------------

    def page(self, url: str) -> Said:
        Document.objects.filter(pk=self.document.pk).update(
            url=url, state="queued", attempts=0, leased_until=None, next_read_at=None, code="", problem="", text=""
        )
        return self.read()

    def page_due(self, url: str) -> Said:
        """A page that was read, when it is looked at again."""
        due = timezone.now() - timedelta(minutes=1)
        Document.objects.filter(pk=self.document.pk).update(
            url=url, state="ready", attempts=0, leased_until=None, next_read_at=due, code="", problem="", text=""
        )
        jobs.sweep()
        return self.read()

    def read(self) -> Said:
        tasks.read_document(str(self.document.pk))
        self.document.refresh_from_db()
        return Said(self.document.code or self.document.state, self.document.problem, self.document.text or None)

    # --- Outside calendars --------------------------------------------------------------------------------------------

    def set_outside(self, url: str) -> OutsideCalendar:
        row = OutsideCalendar.objects.filter(organization=self.home).first()
        if row is None:
            calendar = make.calendar(self.home)
            row = OutsideCalendar(organization=self.home, calendar=calendar, name="Own", writes_bookings=True)
        row.sealed_address = secrets.seal(url, "outside.address", row.organization_id, row.pk)
        row.next_read_at, row.leased_until, row.last_error, row.failures = timezone.now(), None, "", 0
        row.save()
        row.busy_times.all().delete()
        return row

    def outside_read(self, url: str) -> Said:
        row = self.set_outside(url)
        tasks.read_outside_calendar(str(row.pk))
        row.refresh_from_db()
        return Said("failed" if row.last_error else "done", row.last_error, list(row.busy_times.values_list("pk")) or None)

    def webhook_posted(self, url: str) -> Said:
        hook = TeamWebhook.objects.filter(organization=self.home).first() or TeamWebhook(organization=self.home, name="x")
        hook.sealed_address, hook.last_error = secrets.seal(url, "webhook.address", hook.organization_id, hook.pk), ""
        hook.save()
        notifications.test(hook)
        row = hook.notifications.latest("created_at")
        tasks.send_notification(str(row.pk))
        row.refresh_from_db()
        return Said("failed" if row.last_error else "done", row.last_error, [row.pk] if row.state == "sent" else None)

    def pushed(self, url: str) -> Said:
        row = PushSubscription.objects.first() or Browser().added_by(self.user)
        row.sealed_address, row.last_error = secrets.seal(url, "push.address", row.pk), ""
        row.save()
        if not self.user.memberships.exists():
            self.home.memberships.create(user=self.user, role="viewer")
        assert notifications.test_push(row)
        sent = row.notifications.latest("created_at")
        tasks.send_notification(str(sent.pk))
        row.refresh_from_db()
        return Said("failed" if row.last_error else "done", row.last_error, [sent.pk] if row.sent_at else None)

    def outside_written(self, url: str) -> Said:
        row = self.set_outside(url)
        row.kind = OutsideCalendar.Kind.CALDAV
        row.save()
        row.entries.all().delete()
        start, end = timezone.now() + timedelta(days=1), timezone.now() + timedelta(days=2)
        booked = row.calendar.appointments.first() or row.calendar.appointments.create(
            organization=self.home, service=row.calendar.services.get(), state="confirmed", start_at=start, end_at=end,
            busy_from=start, busy_until=end, timezone="UTC",
        )  # fmt: skip
        entry = row.entries.create(appointment=booked, wanted=1)
        tasks.write_outside_entry(str(entry.pk))
        entry.refresh_from_db()
        return Said("failed" if entry.last_error else "done", entry.last_error, entry.written or None)

    # --- Calendar accounts: of Google's, whose addresses are its own -----------------------------------------------------

    def set_account(self) -> CalendarAccount:
        settings.CALENDAR_CLIENTS = {"google": ("client", "secret", "")}
        row = CalendarAccount.objects.filter(organization=self.home).first()
        row = row or CalendarAccount(organization=self.home, name="Own")
        row.set_tokens("access", "refresh")
        row.state, row.client_id, row.leased_until, row.problem = "connected", "client", None, ""
        row.expires_at = timezone.now() + timedelta(hours=1)
        row.save()
        return row

    def account_read(self, url: str) -> Said:
        row = self.set_outside(url)
        row.kind, row.account, row.remote_id = "google", self.set_account(), url
        row.save()
        tasks.read_outside_calendar(str(row.pk))
        row.refresh_from_db()
        return Said("failed" if row.last_error else "done", row.last_error, list(row.busy_times.values_list("pk")) or None)

    def account_listed(self, url: str) -> Said:
        return self.account_act("load_calendars")

    def account_disconnected(self, url: str) -> Said:
        return self.account_act("disconnect")

    def account_act(self, action: str) -> Said:
        row = self.set_account()
        form = {"action": action, "_selected_action": [str(row.pk)], "confirmed": "1"}
        page = self.boss.post("/admin/assistant/calendaraccount/", form, follow=True)
        row.refresh_from_db()
        return Said("failed", " ".join(map(str, page.context["messages"])), row.calendars or None)

    def account_connected(self, url: str) -> Said:
        """With the code that somebody comes back with, which could be anything."""
        row = self.set_account()
        form = {"action": "connect", "_selected_action": [str(row.pk)]}
        asked = self.boss.post("/admin/assistant/calendaraccount/", form).context["address"]
        back = {"state": dict(parse_qsl(urlsplit(asked).query))["state"], "code": url}
        page = self.boss.get("/admin/assistant/calendaraccount/callback/", back, follow=True)
        row.refresh_from_db()
        return Said("failed", " ".join(map(str, page.context["messages"])), row.connected_at)

    def channel_sent(self, url: str) -> Said:
        channel = MessageChannel(organization=self.home, name="Hook", kind="webhook")
        channel.sealed_address = secrets.seal(url, "channel.address", channel.organization_id, channel.pk)
        channel.save()
        key = f"test:{channel.pk}"
        row = outbox.queue_to_channel(channel, to=channel.origin, subject="Test", text="{}", key=key)
        tasks.deliver(str(row.pk))
        row.refresh_from_db()
        return Said("failed" if row.last_error else "done", row.last_error, row.sent_at)

    # --- Providers ----------------------------------------------------------------------------------------------------

    def set_provider(self, url: str, **fields: Any) -> None:
        for name, value in {"preset": "", "base_url": url, **fields}.items():
            setattr(self.provider, name, value)
        self.provider.sealed_key = self.provider.key_origin = ""
        self.provider.save()
        ProviderHealth.objects.all().delete()

    def chat(self, url: str) -> Said:
        self.set_provider(url)

        async def ask() -> str:
            model = await model_for(self.mia, conversation=self.talk)
            async with aclosing(model.stream([ChatMessage("user", "Hi")], [])) as pieces:  # type: ignore[type-var]
                return "".join([piece async for piece in pieces if isinstance(piece, str)])

        try:
            text = async_to_sync(ask)()
        except ProviderUnavailable as error:
            return Said(error.attempts[-1].cause if error.attempts else error.code, str(error))
        return Said("done", text, text)

    def turn(self, url: str) -> Said:
        """The text that the visitor sees."""
        self.set_provider(url)

        async def answered() -> Turn:
            posted = await turns.post(self.talk, uuid4().hex, "Hello")
            await asyncio.gather(*running_tasks(), return_exceptions=True)
            return await in_db(Turn.objects.get)(pk=posted.turn.pk)

        begun = async_to_sync(answered)()
        said = self.talk.messages.filter(role="assistant", turn=begun).last()
        return Said(begun.code or begun.state, begun.detail, said.text if said else None)

    def _ended_turn(self) -> None:
        if not Turn.objects.exists():
            begin_turn(self.message)
        Turn.objects.update(state="done", ended_at=timezone.now())

    def replayed(self, url: str) -> Said:
        self.set_provider(url)
        self._ended_turn()
        Replay.objects.all().delete()
        row = replays.begin(self.talk)
        replay.answer_next(str(row.pk))
        row.refresh_from_db()
        result = row.results[0]
        return Said("done" if result["text"] else "failed", result["problem"], result["text"] or None)

    def thought(self, url: str) -> Said:
        """The title of a conversation."""
        self.set_provider(url)
        Conversation.objects.filter(pk=self.talk.pk).update(
            title="", titled_at=None, thinking_until=None, last_message_at=timezone.now() - timedelta(hours=1)
        )
        self._ended_turn()
        async_to_sync(summaries.summarize)(self.talk.pk)
        self.talk.refresh_from_db()
        return Said("done" if self.talk.title else "failed", "", self.talk.title or None)

    def probed(self, url: str) -> Said:
        """The report card of the admin's test."""
        self.set_provider(url)
        cache.clear()
        page = self.boss.post(f"/admin/assistant/provider/{self.provider.pk}/test/")
        report = page.context["report"]
        if report is None:
            return Said("not_usable", " ".join(map(str, page.context["messages"])))
        return self._of_report(report, report["checks"])

    def examined(self, url: str) -> Said:
        """`manage.py doctor --probe`."""
        self.set_provider(url)
        reports = examine(ask=True).reports
        if not reports:
            return Said("not_usable", "")
        card = reports[0].as_json()
        return self._of_report(card, card["checks"])

    def remeasured(self, url: str) -> Said:
        """The scheduled measurement of a model whose use has contradicted an earlier one."""
        self.set_provider(url)
        provider = router.from_row(self.provider)
        if provider is None:
            return Said("not_usable", "")
        key = measuring.health_key(provider, self.provider)
        ProviderHealth.objects.update_or_create(
            key=key, model="m", defaults={"provider": self.provider, "name": "Own", "measure_after": timezone.now()}
        )
        card = jobs.measure_due()[0].as_json()
        return self._of_report(card, card["checks"])

    def _of_report(self, report: Any, checks: Any) -> Said:
        failed = [check for check in checks if check["outcome"] == "failed"]
        text = " ".join(f"{check['detail']} {check['remedy']}" for check in checks)
        code = failed[0]["cause"] if failed else "done"
        return Said(code, text, (report["models"], report["capabilities"]) if report["models"] or report["ok"] else None)

    def listing(self, url: str) -> Said:
        """The scheduled question when a server's models will be retired."""
        self.set_provider(url)
        Delivery.objects.all().delete()
        jobs.warn_of_shutdowns()
        told = list(Delivery.objects.values_list("subject", flat=True))
        return Said("done" if told else "quiet", "", told or None)

    def voice(self, url: str) -> Said:
        """A session key, which only OpenAI's own address and Azure's are asked for: as far as a name can tell."""
        self.set_provider(url, preset="openai")
        with suppress(ValueError):
            self.provider.set_key("sk-0123456789abcdefghij", url)
        self.provider.auth = "bearer"
        self.provider.save()
        try:
            talk = Conversation.objects.select_related("assistant__organization", "visitor").get(pk=self.talk.pk)
            key = async_to_sync(voice.session_key)(talk)
        except Refused as error:
            return Said(error.details.get("cause") or "not_offered", str(error))
        finally:
            self.provider.auth = "none"
        return Said("done", "", key.value)

    def voice_begun(self, url: str) -> Said:
        """The browser's offer, which goes to the provider that gave the key."""
        self.set_provider(url, preset="openai")
        with suppress(ValueError):
            self.provider.set_key("sk-0123456789abcdefghij", url)
        self.provider.auth = "bearer"
        self.provider.save()
        row = Conversation.objects.select_related("assistant__organization", "visitor").get(pk=self.talk.pk)
        candidates = (one for group in router.candidates(row.assistant) for one in group)
        found = next((one for one in candidates if one.row_id == self.provider.pk), None)
        self.provider.auth = "none"
        if found is None or not voice.offered(row.assistant)[0]:
            return Said("not_offered", "")
        call = voice_calls.offer(row, voice_calls.Speaker("v", found.health_key, "Own", "organization", self.provider.pk))
        try:
            sdp = async_to_sync(voice.start)(row, call.pk, voice.sealed("ek_1", call), "v=0")
        except Refused as error:
            return Said(error.details.get("cause") or "not_offered", str(error))
        return Said("done", "", sdp)

    def hung_up(self, url: str) -> Said:
        """The end of a call, which only the provider that gave its key is asked for."""
        self.set_provider(url, preset="openai")
        with suppress(ValueError):
            self.provider.set_key("sk-0123456789abcdefghij", url)
        self.provider.auth = "bearer"
        self.provider.save()
        row = Conversation.objects.select_related("assistant__organization", "visitor").get(pk=self.talk.pk)
        candidates = (one for group in router.candidates(row.assistant) for one in group)
        found = next((one for one in candidates if one.row_id == self.provider.pk), None)
        self.provider.auth = "none"
        if found is None or not voice.offered(row.assistant)[0]:
            return Said("not_offered", "")
        speaker = voice_calls.Speaker("v", found.health_key, "Own", "organization", self.provider.pk)
        call = voice_calls.claim_start(row, voice_calls.offer(row, speaker).pk)
        voice_calls.connected(call, "rtc_1")
        voice_calls.end(row, call.pk, "visitor", TokenUsage(0, 0))  # nothing is charged: the next address is tried as well
        VoiceCall.objects.filter(pk=call.pk).update(next_attempt_at=timezone.now())
        voice.hang_up(str(call.pk))
        call.refresh_from_db()
        return Said("done" if call.hung_up_at else "again", "")

    # --- Forms, as staff send them ------------------------------------------------------------------------------------

    def method_page(self, url: str, kind: str = "http", **config: Any) -> Said:
        form: dict[str, Any] = {"name": "new", "description": "New", "enabled": "on", "risk": "read", "confirm": ""}
        form |= {"per_visitor_per_day": 1, "per_day": 1, "parameters-count": 0, "fixed-count": 0}
        config = {**CONFIG, "url": url, **config}
        form |= {f"config-{name}": value for name, value in config.items()}
        return self._posted(f"method/add/?organization={self.home.pk}&kind={kind}", form, self.home.methods)

    def mcp_page(self, url: str) -> Said:
        return self.method_page(url, "mcp", tool="look")

    def provider_page(self, url: str) -> Said:
        form = {"name": "New", "smart": "m", "timeout_seconds": 20, "weight": 1, "headers": "{}"}
        form |= {"organization": str(self.home.pk), "base_url": url}
        with override_settings(EMBEDDED=False):
            return self._posted("provider/add/", form, self.home.providers)

    def pages_page(self, url: str) -> Said:
        form = {"organization": self.home.pk, "refresh_hours": 24, "addresses": url}
        return self._posted("document/add/?kind=page", form, self.home.documents)

    def page_page(self, url: str) -> Said:
        """Another address for a page that is known."""
        form = {"title": "", "url": url, "refresh_hours": 24}
        return self._posted(f"document/{self.document.pk}/change/", form, self.home.documents.filter(url=url))

    def _posted(self, page: str, form: dict[str, Any], rows: Any, client: Client | None = None) -> Said:
        """What the form says of its field for an address. `rows` are those that there would be more of."""
        before = set(rows.values_list("pk", flat=True))
        response = (client or self.boss).post(f"/admin/assistant/{page}", form)
        more = rows.exclude(pk__in=before)
        kept = list(more)
        if response.status_code != 200:
            if kept:
                more.delete()
            return Said("done", "", kept or "changed")
        whole = response.context["adminform"].form
        return _of_form(whole, *filter(None, [getattr(whole, "config", None)]), kept=kept)

    # --- Forms, by themselves: quick enough for every address ---------------------------------------------------------

    def method_form(self, url: str) -> Said:
        return _of_form(KINDS["http"].Config({**CONFIG, "url": url}))

    def mcp_form(self, url: str) -> Said:
        return _of_form(KINDS["mcp"].Config({**CONFIG, "url": url, "tool": "look"}))

    def provider_form(self, url: str) -> Said:
        form = {"name": "New", "smart": "m", "timeout_seconds": 20, "weight": 1, "headers": "{}"}
        with override_settings(EMBEDDED=False):  # where an operator may enter a server of their own
            return _of_form(self._form(Provider)({**form, "organization": str(self.home.pk), "base_url": url}))

    def pages_form(self, url: str) -> Said:
        form = {"organization": str(self.home.pk), "refresh_hours": 24, "addresses": url}
        return _of_form(self._form(Document, "?kind=page")(form))

    def outside_form(self, url: str) -> Said:
        calendar = self.home.calendars.first() or make.calendar(self.home)
        form = {
            "organization": str(self.home.pk),
            "calendar": str(calendar.pk),
            "name": "Own",
            "kind": "ics",
            "address": url,
        }
        return _of_form(self._form(OutsideCalendar)(form))

    def channel_form(self, url: str) -> Said:
        form = {"organization": str(self.home.pk), "name": "Hook", "kind": "webhook", "format": "json", "per_day": 1}
        return _of_form(self._form(MessageChannel)({**form, "address": url}))

    def webhook_form(self, url: str) -> Said:
        form = {"organization": self.home.pk, "name": "x", "kind": "slack", "enabled": "on", "events": ["waiting"]}
        return _of_form(self._form(TeamWebhook)(form | {"address": url}))

    def browser_added(self, url: str) -> Said:
        """By https alone, whatever else is asked of the address."""
        address = re.sub(r"^http:", "https:", url)
        try:
            Browser(address).added_by(self.user)
        except InputError as error:
            return Said("field", str(error))
        return Said("done", "")

    def page_form(self, url: str) -> Said:
        form = {"title": "", "url": url, "refresh_hours": 24}
        document = Document.objects.get(pk=self.document.pk)
        return _of_form(self._form(Document, obj=document)(form, instance=document))

    def _form(self, model: Any, query: str = "", obj: Any = None, by: User | None = None) -> Any:
        if model not in self.forms:
            request: Any = RequestFactory().get(f"/{query}")
            request.user = by or self.user
            self.forms[model] = admin.site._registry[model].get_form(request, obj, change=obj is not None)
        return self.forms[model]

    def openapi(self, url: str) -> Said:
        return _of_draft(openapi(url))

    def openapi_base(self, url: str) -> Said:
        form = DocumentForm({"text": openapi("/"), "base_url": url}, {})
        return _of_draft(openapi("/"), form.cleaned_data["base_url"]) if form.is_valid() else _of_form(form)

    def postman(self, url: str) -> Said:
        item = {"name": "x", "request": {"method": "GET", "url": url}}
        return _of_draft(json.dumps({"info": {"name": "P"}, "item": [item]}))

    def exported(self, url: str) -> Said:
        """A method of the first Interworky."""
        return _of_draft(json.dumps([{"method_name": "x", "method_endpoint": url}]))

    def drafted(self, url: str) -> Said:
        """What a model makes of a sentence, and of the address in it."""
        answer = {"name": "x", "description": "X", "verb": "GET", "url": url}
        return _first_of(sentence.read(f"Look at {url}", json.dumps(answer)))


CONFIG = {"verb": "GET", "auth": "none", "timeout_seconds": 5, "max_kb": 64}


def openapi(url: str) -> str:
    return json.dumps({"openapi": "3.1.0", "servers": [{"url": url}], "paths": {"/x": {"get": {}}}})


def _of_form(*forms_: Any, kept: Any = None) -> Said:
    errors = [(name, error) for form in forms_ for name, listed in form.errors.as_data().items() for error in listed]
    of_address = [error for name, error in errors if name in ("url", "base_url", "address", "addresses")]
    text = " ".join(message for error in of_address for message in error.messages)
    return Said("field" if of_address else "other" if errors else "done", text, kept or None)


def _of_draft(text: str, base_url: str = "") -> Said:
    return _first_of(importing.read(text, base_url=base_url))


def _first_of(found: importing.FoundDrafts) -> Said:
    (draft,) = importing.validated(found, []).drafts
    return Said(draft.problems[0].code, draft.problems[0].text) if draft.problems else Said("done", "", draft.config["url"])


Drive = Callable[[Rooms, str], Said]


@dataclass(frozen=True)
class Entry:
    """One way in. `says` are the codes with which it refuses an address, `done` that with which it has gone there."""

    drive: Drive
    says: frozenset[str]
    whole: bool = False  # meets the whole corpus; else one address of each class, because it ends at a door of another's
    follows: bool = False  # redirects
    done: str = "done"
    host: str = ""  # the only one that it goes to, whatever that resolves to


TOOL = frozenset({"address_refused", "dns", "not_set_up"})
LISTED = TOOL | {"url", "max_length"}
ASKED = frozenset({"refused", "dns", "not_available"})
PROBED = frozenset({"address_refused", "dns", "not_usable"})
FAILED = frozenset({"failed"})
GOOGLE, GOOGLE_TOKENS = "www.googleapis.com", "oauth2.googleapis.com"

ENTRIES = {
    "a method that a model calls": Entry(Rooms.http_get, TOOL, whole=True, follows=True),
    "a method that a model calls to change something": Entry(Rooms.http_post, TOOL),
    "a method that a voice session calls": Entry(Rooms.http_relayed, TOOL, follows=True),
    "a method that staff test": Entry(Rooms.http_tested, TOOL, follows=True),
    "an MCP tool that a model calls": Entry(Rooms.mcp_called, TOOL, whole=True),
    "an MCP server whose tools are listed": Entry(Rooms.mcp_listed, LISTED, whole=True),
    "an MCP server that is imported from": Entry(Rooms.mcp_imported, LISTED),
    "a page that is named": Entry(Rooms.page, TOOL, whole=True, follows=True, done="ready"),
    "a page that is looked at again": Entry(Rooms.page_due, TOOL, follows=True, done="ready"),
    "an outside calendar that is read": Entry(Rooms.outside_read, FAILED, follows=True),
    "an outside calendar that bookings are entered in": Entry(Rooms.outside_written, FAILED),
    "a calendar at Google that is read": Entry(Rooms.account_read, FAILED, host=GOOGLE),
    "an account whose calendars are listed": Entry(Rooms.account_listed, FAILED, host=GOOGLE),
    "a Google account that is connected": Entry(Rooms.account_connected, FAILED, host=GOOGLE_TOKENS),
    "a Google account that is disconnected": Entry(Rooms.account_disconnected, FAILED, host=GOOGLE_TOKENS),
    "a message channel that is sent to": Entry(Rooms.channel_sent, FAILED),
    "a team's webhook": Entry(Rooms.webhook_posted, FAILED),
    "a browser that is pushed to": Entry(Rooms.pushed, FAILED),
    "a provider that is asked": Entry(Rooms.chat, ASKED, whole=True),
    "a provider that answers a visitor": Entry(Rooms.turn, frozenset({"not_available"})),
    "a provider that is tested": Entry(Rooms.probed, PROBED),
    "a provider that the doctor probes": Entry(Rooms.examined, PROBED),
    "a provider that is measured again": Entry(Rooms.remeasured, PROBED),
    "a provider whose models are listed": Entry(Rooms.listing, frozenset({"quiet"}), whole=True),
    "a provider that gives conversations titles": Entry(Rooms.thought, FAILED),
    "a provider that a replay asks": Entry(Rooms.replayed, FAILED),
    "a provider that writes a draft": Entry(Rooms.sentence, frozenset({"no_model"})),
    "a provider that gives session keys": Entry(
        Rooms.voice, frozenset({"not_offered", "refused", "dns"}), host="api.openai.com"
    ),
    "a provider that begins a call": Entry(
        Rooms.voice_begun, frozenset({"not_offered", "refused", "dns"}), host="api.openai.com"
    ),
    "a provider that hangs up": Entry(Rooms.hung_up, frozenset({"not_offered", "again"}), host="api.openai.com"),
}

# Where an address is entered: it is rejected at once if that is possible without a request, even to the DNS.
FIELD = frozenset({"field"})
DRAFT = frozenset({"address_refused", "no_server", "url", "invented_address", "placeholder_host"})

FORMS = {
    "a method's form": Entry(Rooms.method_form, FIELD, whole=True),
    "a method's page": Entry(Rooms.method_page, FIELD),
    "an MCP tool's form": Entry(Rooms.mcp_form, FIELD, whole=True),
    "an MCP tool's page": Entry(Rooms.mcp_page, FIELD),
    "a provider's form": Entry(Rooms.provider_form, FIELD, whole=True),
    "a provider's page": Entry(Rooms.provider_page, FIELD),
    "the form for new pages": Entry(Rooms.pages_form, FIELD, whole=True),
    "the page for new pages": Entry(Rooms.pages_page, FIELD),
    "a known page's form": Entry(Rooms.page_form, FIELD, whole=True),
    "a known page's page": Entry(Rooms.page_page, FIELD),
    "a message channel's form": Entry(Rooms.channel_form, FIELD, whole=True),
    "an outside calendar's form": Entry(Rooms.outside_form, FIELD, whole=True),
    "a webhook's form": Entry(Rooms.webhook_form, FIELD, whole=True),
    "a browser that is added": Entry(Rooms.browser_added, FIELD),
    "an OpenAPI document": Entry(Rooms.openapi, DRAFT, whole=True),
    "an OpenAPI document's base address": Entry(Rooms.openapi_base, DRAFT | FIELD, whole=True),
    "a Postman collection": Entry(Rooms.postman, DRAFT, whole=True),
    "methods that were exported": Entry(Rooms.exported, DRAFT, whole=True),
    "a draft by a model": Entry(Rooms.drafted, DRAFT, whole=True),
    "the page for imports": Entry(Rooms.document, DRAFT),
}
