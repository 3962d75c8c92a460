"""Every way to book, move or cancel goes through the same functions: read from the source, so that a new way is seen."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import models

from assistant.models import Appointment

ROOT = Path(__file__).resolve().parents[4]
ROOMS = ("assistant", "widget", "interworky")
MAKES_ROWS = {"create", "get_or_create", "update_or_create", "bulk_create", "acreate", "bulk_update"}
OF_TABLE = ("Appointment.objects", "calendar.appointments", "service.appointments", "visitor.appointments")
OF_ROWS = {"appointment", "row", "held", "booked", "fresh", "obj"}
TIMES = {"start_at", "end_at", "busy_from", "busy_until", "session", "seat"}

# Which functions do each of these; every other way in the product comes to one of them.
ALLOWED = {
    "makes a row": {
        "services/booking/appointments/placing.py hold_on",
        "services/booking/messages/message_templates.py sample",  # is never saved
    },
    "sets its time": {
        "services/booking/appointments/placing.py place",
        "services/booking/staff/by_staff.py block",  # a blocked time's
    },
    "sets its state": {
        "services/booking/appointments/states.py change",
        "services/booking/appointments/states.py undo_cancellation",
    },
    "holds": {"services/booking/appointments/holds.py attempt"},
    "places": {
        "services/booking/appointments/placing.py hold_on",
        "services/booking/appointments/appointments.py move",
        "services/booking/appointments/appointments.py _check_time",
        "services/booking/staff/by_staff.py undo_cancellation",
    },
    # What is updated without a row being read: holds that lapse or give way, and answers of a form.
    "updates rows": {
        "services/booking/appointments/holds.py release",
        "services/booking/appointments/holds.py expire_holds",
        "services/booking/invitations/form_fields.py keep",
        "services/booking/invitations/form_fields.py keep_by_staff",
        "services/booking/locks.py locked",
        "services/booking/appointments/placing.py hold_on",
        "services/booking/appointments/placing.py place",
        "services/privacy/erasure.py blank_appointments",
    },
}


def functions(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Each node with the name of the innermost function around it."""
    for node in ast.iter_child_nodes(tree):
        named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        yield inside, node
        yield from functions(node, node.name if named else inside)  # type: ignore[attr-defined]


def sources() -> Iterator[tuple[str, ast.Module]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            text = path.read_text()
            if "migrations" not in path.parts and ("ppointment" in text or "placing" in text):
                yield str(path.relative_to(ROOT)).removeprefix("assistant/"), ast.parse(text)


def acts(path: str, node: ast.AST) -> Iterator[str]:
    in_booking = path.startswith("services/booking/")
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        name = called.rpartition(".")[2]
        if called == "Appointment" or (name in MAKES_ROWS and called.startswith(OF_TABLE)):
            yield "makes a row"
        if called in ("placing.hold_on", "hold_on"):
            yield "holds"
        if called == "placing.place" or (called == "place" and path.endswith("appointments/placing.py")):
            yield "places"
        changes = {one.arg for one in node.keywords} & ({"state", "answers"} | TIMES)
        if name == "update" and changes and (in_booking or "ppointment" in called) and "deliver" not in called:
            yield "updates rows"
    if isinstance(node, ast.Assign | ast.AugAssign) and in_booking:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        written = [one for target in targets for one in getattr(target, "elts", [target])]
        names = {one.attr for one in written if isinstance(one, ast.Attribute) and ast.unparse(one.value) in OF_ROWS}
        if names & TIMES:
            yield "sets its time"
        if "state" in names:
            yield "sets its state"


@pytest.fixture(scope="module")
def found() -> dict[str, set[str]]:
    seen: dict[str, set[str]] = {act: set() for act in ALLOWED}
    for path, tree in sources():
        for function, node in functions(tree):
            for act in acts(path, node):
                seen[act].add(f"{path} {function}")
    return seen


@pytest.mark.parametrize("act", ALLOWED)
def test_an_appointment_is_made_placed_and_changed_by_the_core_alone(found: dict[str, set[str]], act: str) -> None:
    assert found[act] == ALLOWED[act]


def test_what_is_looked_for_is_what_the_table_has() -> None:
    names = {field.name for field in Appointment._meta.concrete_fields if isinstance(field, models.Field)}
    assert names >= TIMES | {"state", "answers"}


def test_a_way_around_the_core_is_seen() -> None:
    lines = (
        "def sneak():",
        "    Appointment.objects.create(name='x')",
        "    placing.place(a, b, c, d)",
        "    held.seat = 1",
    )
    around = ast.parse("\n".join(lines))
    seen = [act for _, node in functions(around) for act in acts("services/booking/new.py", node)]
    assert seen == ["makes a row", "places", "sets its time"]
