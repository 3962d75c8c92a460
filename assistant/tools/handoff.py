"""Handoff to a person: the conversation waits for staff, who are notified, and the visitor may leave an address."""

from __future__ import annotations

from typing import Any

from django import forms

from assistant.async_db import in_db
from assistant.errors import ToolError
from assistant.llm import ToolResult
from assistant.models import Method
from assistant.services.conversations import handoffs
from assistant.services.deliveries import outbox
from assistant.tools.kind import Context, Kind, Operation, configured

FORM = "form"
PER_TEAM_PER_DAY = 200
NO_ADDRESS = (
    "Nobody was notified: the team has no e-mail address here. What the visitor wrote is kept in this conversation. Say "
    "so, and do not say that it was passed on."
)


class Config(forms.Form):
    """The settings of the method."""

    to = forms.EmailField(
        label="Notify",
        required=False,
        help_text=(
            "The e-mail address to notify. Leave empty to use the organization's team e-mail. Without either, "
            "nobody is notified, and visitors are told so."
        ),
    )
    text = forms.CharField(
        label="Message to the visitor",
        required=False,
        max_length=300,
        help_text="Shown when the team is notified, such as We reply within an hour. Leave empty to use a standard text.",
    )


def _reason(method: Method) -> dict[str, Any]:
    text = {"type": "string", "description": "What the visitor needs, in one or two sentences.", "maxLength": 500}
    return {"type": "object", "properties": {"reason": text}, "required": ["reason"]}


def _contact(method: Method) -> dict[str, Any]:
    properties = {
        "name": {"type": "string", "description": "The visitor's name.", "maxLength": 120},
        "email": {"type": "string", "description": "The visitor's e-mail address.", "maxLength": 254},
        "message": {"type": "string", "description": "What they want to say.", "maxLength": 2000},
    }
    return {"type": "object", "properties": properties, "required": ["email"]}


async def fetch(context: Context, arguments: dict[str, Any]) -> ToolResult:
    """Let the conversation wait for a person."""
    config = configured(Config, context.method)
    if context.dry_run or context.conversation is None:
        recipients = _team(context) or "nobody, since the team has no address here,"
        return ToolResult(f"The conversation would wait for a person, and {recipients} would be told.")
    asked = await in_db(handoffs.wait_for_person)(
        context.call,
        context.conversation,
        reason=arguments["reason"],
        team=_team(context),
        text=config["text"],
        contact_tool=f"{context.method.name}_{handoffs.CONTACT}",
        per_day=PER_TEAM_PER_DAY,
    )
    if asked.problem:
        raise ToolError(
            f"Nobody from the team could be told: {asked.problem} The conversation waits for a person all the same, and the "
            "visitor sees a form; what they write there is kept in this conversation. Say so, and do not say that "
            "anybody has been told.",
            code="nobody_told",
        )
    away = ""
    if asked.away:
        until = f" They are back on {asked.back}." if asked.back else ""
        away = f"It is outside the team's office hours: nobody comes now.{until} Say so. "
    notice = "A notice to the team is on its way by e-mail, and the conversation waits for a person."
    if not outbox.leaves():
        notice = (
            f"{outbox.NOT_SENT}: the notice to the team is kept on the server. The conversation waits for a person. Say so, "
            "and do not say that anybody has been told."
        )
    return ToolResult(
        f"{notice} The visitor sees a card on which they can leave an address. {away}Nobody can say whether or when "
        "somebody comes: do not promise it."
    )


async def show_form(context: Context, arguments: dict[str, Any]) -> ToolResult:
    """Let the visitor leave an address, without a person being fetched."""
    if not _team(context):
        raise ToolError("The team has no address to write to.", code="not_set_up")
    if context.dry_run or context.conversation is None:
        return ToolResult("The visitor would see a form on which they can leave an address.")
    contact_tool = f"{context.method.name}_{handoffs.CONTACT}"
    await in_db(handoffs.show_form)(context.call, context.conversation, contact_tool=contact_tool)
    return ToolResult(
        "The visitor sees a form on which they can leave an address and a message for the team. Nothing has been sent yet: "
        "ask them to fill it in."
    )


async def leave_contact(context: Context, arguments: dict[str, Any]) -> ToolResult:
    """Pass the visitor's address on to the team."""
    team = _team(context)
    if not team:
        raise ToolError(NO_ADDRESS, code="not_set_up")
    if context.dry_run:
        return ToolResult(f"This would be sent to {team}: {arguments}")
    await in_db(outbox.plain_address)(arguments["email"])
    reference = await in_db(handoffs.leave_contact)(
        context.call, context.organization, context.conversation, arguments, team=team, per_day=PER_TEAM_PER_DAY
    )
    if not outbox.leaves():
        return ToolResult(
            f"{outbox.NOT_SENT}: the visitor's address and message are kept on the server, under the reference {reference}. "
            "Say so, and do not say that they were passed on. The visitor sees a receipt that says the same."
        )
    return ToolResult(
        f"An e-mail to the team with the visitor's address and message is on its way, under the reference {reference}. The "
        "visitor sees a receipt that shows what becomes of it."
    )


def _team(context: Context) -> str:
    return handoffs.address_of(context.method, context.organization)


def _nothing(method: Method) -> dict[str, Any]:
    return {"type": "object", "properties": {}}


def _about_form(method: Method) -> str:
    return "Show the visitor a form on which they can leave their name, e-mail address and a message for the team."


def _about_contact(method: Method) -> str:
    return "Pass the visitor's e-mail address and message on to the team, once they have given them."


KIND = Kind(
    "Hand over to a person",
    "Asks for a person: the conversation waits for your staff, who get an e-mail, and the visitor may leave an address.",
    "support_agent",
    Config,
    (
        Operation(
            fetch,
            parameters=_reason,
            label="tool_person",
            risk=Method.Risk.WRITE,
            effects=frozenset({"sent"}),
            idempotent=True,
        ),
        Operation(
            show_form,
            suffix=FORM,
            description=_about_form,
            parameters=_nothing,
            label="tool_form",
            risk=Method.Risk.READ,
            callable_in_text=True,
            idempotent=True,
        ),
        Operation(
            leave_contact,
            suffix=handoffs.CONTACT,
            description=_about_contact,
            parameters=_contact,
            label="tool_send",
            risk=Method.Risk.WRITE,
            effects=frozenset({"sent"}),
            idempotent=True,
        ),
    ),
    own_parameters=False,
)
