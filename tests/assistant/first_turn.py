"""What the first turn after a start loads that warming up has not: `python -m tests.assistant.first_turn`, in a process of
its own, on the data directory of a product that has been started before (DATA_DIR). Prints JSON: the modules that the turn
imports, the patterns that it compiles, and the organizations that it reads whole."""

from __future__ import annotations

import asyncio
import json
import os
import pkgutil
import re
import sys
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Loaded:
    """What is loaded while `counting` is on."""

    counting: bool = False
    modules: list[str] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    organizations: int = 0

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        """Of `sys.meta_path`: asked for each module that is imported for the first time."""
        if self.counting:
            self.modules.append(name)

    def watch(self) -> None:
        compiled = re._compiler.compile  # type: ignore[attr-defined]

        def compile(pattern: Any, flags: int = 0) -> Any:
            if self.counting:
                self.patterns.append(str(pattern)[:100])
            return compiled(pattern, flags)

        re._compiler.compile = compile  # type: ignore[attr-defined]
        sys.meta_path.insert(0, self)  # type: ignore[arg-type]

    def statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.organizations += self.counting and 'FROM "assistant_organization"' in sql
        return execute(sql, params, many, context)


async def main(loaded: Loaded) -> None:
    from django.conf import settings
    from django.db.backends.signals import connection_created

    connection_created.connect(
        lambda connection, **_: connection.execute_wrappers.append(loaded.statement), weak=False, dispatch_uid="first turn"
    )
    from assistant.async_db import in_db
    from assistant.models import Assistant
    from assistant.services.conversations.sessions import open_session
    from assistant.turns.beginning import warm_up
    from interworky import asgi
    from tests.assistant.providers.stub import Stub, says
    from tests.assistant.talking import connected

    async with Stub() as stub:
        settings.AI_ENVIRONMENT = {"AI_API_KEY": "sk-1", "AI_BASE_URL": stub.url, "AI_MODEL": "big"}
        origin = "http://localhost:8000"
        assistant = await in_db(Assistant.objects.select_related("organization").get)()
        session = await in_db(open_session)(assistant, origin)
        await asyncio.gather(in_db(warm_up)(), asgi.prepare_claims())
        pkgutil.resolve_name("json")  # compiles a pattern for the test's own double of a server
        loaded.counting = True
        stub.script(says("We are open on Tuesday ", "from 10:30. Anything else?"))
        async with connected(session, origin) as widget:
            assert (await widget.ask("When are you open?"))["outcome"] == "done"
        loaded.counting = False


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interworky.settings")
    seen = Loaded()
    seen.watch()
    django.setup()
    asyncio.run(main(seen))
    json.dump({"modules": seen.modules, "patterns": seen.patterns, "organizations": seen.organizations}, sys.stdout)
