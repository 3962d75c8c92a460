"""Probes: what a server can really do, measured.

models → chat → stream → tools → tools while streaming → the assistants' own tools → parallel calls → usage → realtime

    report = await probe(provider)          # never raises for what a server does; ends within `deadline_seconds`
    report.capabilities                     # the JSON that ProviderHealth.capabilities keeps and `completions` obeys
    report.as_json()                        # the report card: no key, no conversation

A handful of short requests; `/models` and a key are not needed. The list of models is an offer to pick from, never a filter.
An error is "not measured" and never "no": what could not be determined stays out of `capabilities`, and so is taken to
work. A "no" is what a server said or showed twice, while the same question asked differently was answered.

`checks` is the table of what is measured, `run` goes through it, `state` asks the server and keeps what was learnt,
`models_list` reads `/models`, and `report` is the result with its remedies.
"""

from assistant.providers.probe.models_list import listed
from assistant.providers.probe.report import REMEDIES, Check, Report, curl
from assistant.providers.probe.run import DEADLINE_SECONDS, probe, shutdowns

__all__ = ["DEADLINE_SECONDS", "REMEDIES", "Check", "Report", "curl", "listed", "probe", "shutdowns"]
