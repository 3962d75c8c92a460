"""Every way in which an address leaves us, found in the code, and the entry that drives it in `tests/assistant/entries.py`.

A new one fails here until it is driven there: under DNS rebinding, watched at the socket.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import test_architecture as architecture
from tests.assistant.entries import ENTRIES, FORMS

OPERATORS = "nobody's: the address is the operator's own"

# Each call into `outbound`, with whose reach it has, and the entry that ends there.
TENANT = "Reach.TENANT"
OUT = {
    ("assistant.tools.http:run", "fetch", TENANT): "a method that a model calls",
    ("assistant.tools.mcp:Session._post", "stream", TENANT): "an MCP tool that a model calls",
    ("assistant.tools.mcp:_leave", "fetch", TENANT): "an MCP server whose tools are listed",
    ("assistant.tasks:_read_page", "fetch", TENANT): "a page that is named",
    # A provider's reach depends on who set its address: a row's is its organization's (`router.from_row`).
    (
        "assistant.providers.completions.exchange:_Exchange._post",
        "stream",
        "provider.reach",
    ): "a provider that is asked",
    ("assistant.providers.probe.models_list:fetch_models", "fetch", "provider.reach"): "a provider whose models are listed",
    ("assistant.providers.probe.checks:_is_event_stream", "stream", "run.provider.reach"): "a provider that is tested",
    (
        "assistant.management.doctor.providers:_probed",
        "recorder",
        "",
    ): "a provider that the doctor probes",  # it only listens
    ("assistant.providers.realtime:_send", "fetch", "provider.reach"): "a provider that gives session keys",
    ("assistant.services.files.scanning:_post", "fetch", "Reach.OPERATOR"): OPERATORS,  # FILE_SCANNER
    ("assistant.providers.embeddings:ask", "stream", "provider.reach"): OPERATORS,  # EMBEDDING_*, or its first provider
    ("assistant.tools.http:Config.clean_url", "check_url", TENANT): "a method's form",
    ("assistant.tools.mcp:Config.clean_url", "check_url", TENANT): "an MCP tool's form",
    ("assistant.admin.providers.provider:ProviderForm._check_address", "check_url", TENANT): "a provider's form",
    ("assistant.admin.providers.provider:ProviderForm._check_address", "is_private_server", ""): "a provider's form",
    ("assistant.admin.knowledge_forms:_page_address", "check_url", TENANT): "the form for new pages",
    (
        "assistant.admin.booking.outside_calendars:OutsideCalendarForm._check_address",
        "check_url",
        TENANT,
    ): "an outside calendar's form",
    ("assistant.admin.notifications:TeamWebhookForm.clean", "check_url", TENANT): "a webhook's form",
    ("assistant.services.notifications.push:_check", "check_url", TENANT): "a browser that is added",
    ("assistant.services.booking.calendar_sync.connectors.dav:_ask", "fetch", TENANT): "an outside calendar that is read",
    ("assistant.services.booking.calendar_sync.connectors.dav:is_private", "origin", ""): "an outside calendar that is read",
    (
        "assistant.services.booking.calendar_sync.connectors.json_api:Api._send",
        "fetch",
        TENANT,
    ): "a calendar at Google that is read",
    ("assistant.services.booking.calendar_sync.oauth:_post", "fetch", TENANT): "a Google account that is connected",
    ("assistant.services.deliveries.posting:post", "fetch", TENANT): "a message channel that is sent to",
    (
        "assistant.admin.booking.channels:MessageChannelForm._check_address",
        "check_url",
        TENANT,
    ): "a message channel's form",
    ("assistant.tools.request:_plain", "origin", ""): "a method that a model calls",
}
# Each function of the upper packages that makes a lower one go out: by these, addresses come to the calls above.
UP = {
    "assistant.admin.methods.imports.ServerForm.found": "an MCP server that is imported from",
    "assistant.admin.methods.imports._asked": "a provider that writes a draft",
    "assistant.admin.inbox.changes.attach": OPERATORS,  # FILE_SCANNER
    "assistant.admin.knowledge.DocumentAdmin.search_view": OPERATORS,  # for a vector of the question
    "assistant.admin.methods.testing._run": "a method that staff test",
    "assistant.admin.organizations.pictures.examine": OPERATORS,  # FILE_SCANNER
    "assistant.admin.providers.provider.ProviderAdmin.measure": "a provider that is tested",
    "assistant.jobs._read_shutdowns": "a provider whose models are listed",
    "assistant.jobs.measure_due": "a provider that is measured again",
    "assistant.management.doctor.providers._probe_embeddings": OPERATORS,  # EMBEDDING_*, or its first provider
    "assistant.management.doctor.providers._probed": "a provider that the doctor probes",
    "assistant.replay._run_engine": "a provider that a replay asks",
    "assistant.replay.answer": "a provider that a replay asks",
    "assistant.tasks._embed": OPERATORS,  # for vectors of passages
    "assistant.admin.booking.accounts.CalendarAccountAdmin.callback_view": "a Google account that is connected",
    "assistant.admin.booking.accounts.CalendarAccountAdmin.delete_model": "a Google account that is disconnected",
    "assistant.admin.booking.accounts.CalendarAccountAdmin.delete_queryset": "a Google account that is disconnected",
    "assistant.admin.booking.accounts.CalendarAccountAdmin.disconnect": "a Google account that is disconnected",
    "assistant.admin.booking.accounts.CalendarAccountAdmin.load_calendars": "an account whose calendars are listed",
    "assistant.tasks.send_notification": "a team's webhook",
    "assistant.tasks.read_outside_calendar": "an outside calendar that is read",
    "assistant.tasks.*": "a message channel that is sent to",
    "assistant.tasks.write_outside_entry": "an outside calendar that bookings are entered in",
    "assistant.tasks._read_page": "a page that is looked at again",
    "assistant.summaries.summarize_all_due": "a provider that gives conversations titles",
    "assistant.summaries.summarize": "a provider that gives conversations titles",
    "assistant.turns.beginning.PreparedTurn": "a provider that answers a visitor",
    "assistant.turns.beginning._prepare": "a provider that answers a visitor",
    "assistant.turns.runner.*": "a provider that answers a visitor",
    "assistant.turns.runner.run": "a provider that answers a visitor",
    "assistant.voice.hang_up": "a provider that hangs up",
    "assistant.voice.hang_up_removed": "a provider that hangs up",
    "assistant.voice.hang_up_deleted": "a provider that hangs up",
    "assistant.voice.run_call": "a method that a voice session calls",
    "assistant.voice.start": "a provider that begins a call",
    "assistant.voice.session_key": "a provider that gives session keys",
    "widget.views.api._received": OPERATORS,  # FILE_SCANNER
}
# Other modules that can open a socket, and why no foreign address gets there.
SOCKETS = {
    "assistant.live.broadcaster": "redis: REDIS_URL",
    "assistant.live.drafts": "redis: its errors; the server is REDIS_URL's",
    "assistant.live.receiving": "redis: REDIS_URL",
    "assistant.live.sending": "redis: REDIS_URL",
    "assistant.management.doctor.system": "redis, kombu and the mail server: of the environment",
    "assistant.services.booking.calendar_sync.busy_expansion": "a child that reads a calendar from its standard input",
    "assistant.services.files.images": "a child that reads an image from its standard input",
    "assistant.services.files.scanning": "clamd or a command: FILE_SCANNER",
    "assistant.services.knowledge.extraction": "a child that reads a file from its standard input, held below",
    "assistant.services.conversations.mailbox": "imaplib: INBOUND_IMAP_URL",
    "assistant.services.organizations.rate_limits": "redis: REDIS_URL",
    "assistant.tasks": "smtplib: its errors; the server is EMAIL_URL's",
    "interworky.celery": "kombu: the broker, CELERY_BROKER_URL",
    "interworky.in_process_queue": "kombu: its queue in this process's memory",
    "interworky.settings": "redis: how patient its client is",
    "interworky.up": "socket: to listen",
    "interworky.websocket_protocol": "websockets: the state of a connection that has come in",
}
OPENERS = {
    "asyncssh", "celery.utils.sysinfo", "dns", "ftplib", "grpc", "imaplib", "kombu", "multiprocessing", "nntplib", "openai",
    "paramiko", "poplib", "pycurl", "redis", "smtplib", "socket", "socketserver", "subprocess", "telnetlib", "websocket",
    "websockets", "xmlrpc",
}  # fmt: skip
STREAMS = {
    "open_connection", "open_unix_connection", "create_connection", "create_unix_connection", "create_datagram_endpoint",
    "sock_connect", "create_subprocess_exec", "create_subprocess_shell", "urlopen", "getaddrinfo", "gethostbyname",
}  # fmt: skip
DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
LIST_IT = (
    "{}. A new one: drive it in tests/assistant/entries.py and name that entry here. One that is gone: take it, and the "
    "entry that nothing else needs, away."
)


def functions(path: Path) -> Iterator[tuple[str, ast.AST]]:
    """Each outermost function and method of a module with its name; what of a class stands outside its methods, with its;
    and under "*" what stands outside of all."""
    body = architecture.tree(path).body
    yield "*", ast.Module([one for one in body if not isinstance(one, DEFINITIONS)], [])
    for node in body:
        if isinstance(node, ast.ClassDef):
            methods = [one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
            yield from ((f"{node.name}.{one.name}", one) for one in methods)
            yield node.name, ast.Module([*map(ast.Expr, node.bases), *(one for one in node.body if one not in methods)], [])
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node


def dotted(node: ast.AST) -> str:
    """`a.b.c` for a name or an attribute of one; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    before = dotted(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{before}.{node.attr}" if before else ""  # type: ignore[attr-defined]


def references(path: Path) -> Iterator[tuple[str, ast.AST, str, ast.AST]]:
    """Who refers to what: a function's name and node, `assistant.outbound.fetch` for `outbound.fetch`, the node of that."""
    module = architecture.name_of(path)
    known = {as_: name for as_, name in names(path)}
    known |= {name.partition(".")[0]: f"{module}.{name.partition('.')[0]}" for name, _ in functions(path) if name != "*"}
    for name, function in functions(path):
        for node in ast.walk(function):
            head, dot, rest = dotted(node).partition(".")
            if head in known:
                yield name, function, f"{known[head]}{dot}{rest}", node


def names(path: Path) -> Iterator[tuple[str, str]]:
    """What a module calls what it imports, and the full name of that."""
    full = iter(name for _, name in architecture.imports(path))
    for node in ast.walk(architecture.tree(path)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                name = next(full)
                bare = name if isinstance(node, ast.ImportFrom) else name.partition(".")[0]
                yield alias.asname or bare.rpartition(".")[2], name if alias.asname else bare


def calls_out() -> Iterator[tuple[str, str, str]]:
    """Function, what of `outbound` it uses, and the `reach` it gives there."""
    for path in architecture.modules(*architecture.OURS):
        module = architecture.name_of(path)
        if architecture.package_of(module) == "assistant.outbound" or "outbound" not in path.read_text():
            continue
        for name, function, full, node in references(path):
            if re.fullmatch(r"assistant\.outbound\.[a-z]\w*", full):
                yield f"{module}:{name}", full.rpartition(".")[2], reach_given(function, node)


def reach_given(function: ast.AST, name: ast.AST) -> str:
    """In the call whose function `name` is, or is handed over in: `async_to_sync(fetch)(…, reach=…)`."""
    for call in ast.walk(function):
        if isinstance(call, ast.Call) and name in ast.walk(call.func):
            given = [word.value for word in call.keywords if word.arg == "reach"]
            given += [one for one in call.args if "Reach." in ast.unparse(one)]
            return ast.unparse(given[0]).removeprefix("outbound.") if given else ""
    return ""


def test_every_call_that_leaves_us_is_listed_with_its_reach_and_driven() -> None:
    assert sorted(calls_out()) == sorted(OUT), LIST_IT.format("A call into outbound, or its reach, has changed")
    assert set(OUT.values()) <= {*ENTRIES, *FORMS, OPERATORS}


def test_everybody_above_who_has_something_go_out_is_listed_and_driven() -> None:
    uses: dict[str, set[str]] = {}
    exported = exports()
    for path in architecture.modules("assistant", "widget"):
        for name, _, full, _ in references(path):
            uses.setdefault(f"{architecture.name_of(path)}.{name}", set()).add(exported.get(full, full))
    top = set(architecture.LAYERS[0] + architecture.LAYERS[1])
    above = {one for one in uses if architecture.package_of(one) in top}
    going = {"assistant.outbound.fetch", "assistant.outbound.stream"}
    # A kind's `run` is found in a table, so those who run it are those who have an executor.
    going |= {"assistant.tools.executor.Executor", "assistant.tools.executor.try_out"}
    # Likewise an outside calendar's connector.
    going |= {f"assistant.services.booking.calendar_sync.connectors.{name}" for name in ("to", "list_calendars")}
    modules = {architecture.name_of(path) for path in architecture.modules("assistant", "widget")}
    while more := {one for one in uses.keys() - above - going if goes(uses[one] - modules, going)}:
        going |= more
    found = {one for one in above if goes(uses[one] - modules, going)}
    assert sorted(found) == sorted(UP), LIST_IT.format("Something above the three packages goes out, or does not any more")
    assert set(UP.values()) <= {*ENTRIES, OPERATORS}


def exports() -> dict[str, str]:
    """What packages re-export: `completions.ask` is `completions.exchange.ask`."""
    packages = [path for path in architecture.modules("assistant", "widget") if path.name == "__init__.py"]
    return {f"{architecture.name_of(path)}.{as_}": full for path in packages for as_, full in names(path)}


def goes(used: set[str], going: set[str]) -> bool:
    """A class goes where one of its methods does."""
    return any(one in going or any(other.startswith(f"{one}.") for other in going) for one in used)


def test_nobody_else_opens_a_connection() -> None:
    found = set()
    for path in architecture.modules(*architecture.OURS):
        imported = {what.split(".")[0] for _, what in architecture.imports(path)}
        called = {one.attr for one in ast.walk(architecture.tree(path)) if isinstance(one, ast.Attribute)}
        if imported & OPENERS or called & STREAMS:
            found.add(architecture.name_of(path))
    found = {one for one in found if architecture.package_of(one) != "assistant.outbound"}
    assert sorted(found) == sorted(SOCKETS), LIST_IT.format("A module can open a socket past outbound, or cannot any more")


def test_a_new_way_out_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(architecture, "ROOT", tmp_path)
    new = tmp_path / "assistant" / "services" / "webhooks.py"
    new.parent.mkdir(parents=True)
    new.write_text(
        "from assistant import outbound as door\nfrom assistant.outbound import Reach, stream as flow\n"
        "class Hook:\n    def ring(self):\n        door.fetch('GET', self.url, reach=Reach.OPERATOR)\n"
        "async def later(url):\n    import assistant.outbound\n    f = flow\n"
        "    await assistant.outbound.fetch('GET', url)\nCHECK = [door.check_url]\n"
    )
    assert set(calls_out()) == {
        ("assistant.services.webhooks:Hook.ring", "fetch", "Reach.OPERATOR"),
        ("assistant.services.webhooks:later", "stream", ""),
        ("assistant.services.webhooks:later", "fetch", ""),
        ("assistant.services.webhooks:*", "check_url", ""),
    }
