"""E-mail methods: to recipients whom staff have chosen, or to the visitor's own verified address, and nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from assistant.async_db import in_db
from assistant.errors import ToolError
from assistant.llm import ToolResult
from assistant.models import Method, Visitor
from assistant.sentences import label
from assistant.services.deliveries import email_receipts, outbox
from assistant.tools import template
from assistant.tools.kind import Context, Kind, Operation, configured

MAX_RECIPIENTS = 5
# What templates may name besides the method's parameters.
SURROUNDINGS: dict[str, Callable[[Context], str]] = {
    "organization": lambda context: context.organization.name,
    "assistant": lambda context: context.assistant.name if context.assistant else "",
    "visitor_name": lambda context: _visitor(context).name,
    "visitor_email": lambda context: _visitor(context).email,
}


class Config(forms.Form):
    """The settings of the method. Neither the visitor nor the model chooses any of them."""

    recipient = forms.ChoiceField(
        label="Recipient",
        required=False,
        initial="team",
        choices=[
            ("team", "The addresses below"),
            ("visitor", "The visitor, once they have verified their address with a code"),
        ],
    )
    to = forms.CharField(
        label="Addresses",
        required=False,
        max_length=600,
        widget=forms.Textarea,
        help_text="Enter up to five addresses, one per line, such as team@example.com.",
    )
    subject = forms.CharField(max_length=200, help_text="Write a parameter as {{ name }}, such as Order {{ order_id }}.")
    body = forms.CharField(
        label="Text",
        required=False,
        max_length=10_000,
        widget=forms.Textarea,
        help_text="Enter plain text, and write a parameter as {{ name }}. Leave empty to list all parameters.",
    )
    layout = forms.ChoiceField(
        required=False,
        initial="simple",
        choices=[("simple", "Text only"), ("detailed", "Text, then all parameters, the time and the page")],
    )
    reply_to_visitor = forms.BooleanField(
        label="Replies go to the visitor",
        required=False,
        initial=True,
        help_text="Applies only if the visitor has verified their address.",
    )
    per_recipient_per_day = forms.IntegerField(
        label="E-mails per recipient",
        min_value=1,
        max_value=5000,
        initial=100,
        help_text="How many this method sends to one address in 24 hours.",
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        addresses = addresses_in(given.get("to", ""))
        if (given.get("recipient") or "team") == "team" and not 1 <= len(addresses) <= MAX_RECIPIENTS:
            self.add_error("to", ValidationError("Enter one to five addresses, one per line.", code="recipients"))
        for address in addresses:
            try:
                outbox.plain_address(address)
            except ToolError as error:
                self.add_error("to", ValidationError(str(error), code="address"))
        return given


def addresses_in(text: str) -> list[str]:
    return [part for part in re.split(r"[\s,;]+", text) if part]


def check(method: Method) -> None:
    """Raise `ValidationError` for a template that names an unknown parameter."""
    config = configured(Config, method)
    known = {*method.parameters.get("properties", {}), *method.fixed, *SURROUNDINGS}
    for name in sorted(template.names(config["subject"] + config["body"], template.IN_LETTER) - known):
        raise ValidationError(
            "There is no parameter “%(name)s”. Add it under Parameters, or correct the name.",
            code="placeholder_unknown",
            params={"name": name},
        )


async def run(context: Context, arguments: dict[str, Any]) -> ToolResult:
    """Queue the e-mail; its receipt follows what becomes of it."""
    config = configured(Config, context.method)
    recipients = _recipients(context, config)
    content = await in_db(_content)(context, config, arguments)
    if context.dry_run:
        text, _ = await in_db(email_receipts.render)(context.organization, context.conversation, content, "M-000000")
        return ToolResult(f"This would be sent to {', '.join(recipients)}:\nSubject: {content.subject}\n\n{text}")
    reference = await in_db(email_receipts.queue_with_receipt)(
        context.call,
        context.organization,
        context.conversation,
        recipients,
        content,
        per_recipient_per_day=config["per_recipient_per_day"],
    )
    if not outbox.leaves():
        return ToolResult(
            f"{outbox.NOT_SENT}: the message is kept on the server, under the reference {reference}. Say so, and do not say "
            "that it was sent. The visitor sees a receipt that says the same."
        )
    return ToolResult(
        f"The message has been handed over for delivery, under the reference {reference}. The visitor sees a receipt that "
        "shows when it has been delivered."
    )


def _recipients(context: Context, config: dict[str, Any]) -> list[str]:
    if config["recipient"] != "visitor":
        return addresses_in(config["to"])
    visitor = _visitor(context)
    if visitor.email and visitor.email_verified_at:
        return [visitor.email]
    if context.dry_run:
        return ["the visitor's own address"]
    raise ToolError("The visitor has not verified their e-mail address, so nothing can be sent to it.", code="unverified")


def to_visitor(method: Method) -> bool:
    """Whether its e-mails go to the visitor."""
    return bool(configured(Config, method)["recipient"] == "visitor")


def _content(context: Context, config: dict[str, Any], arguments: dict[str, Any]) -> email_receipts.EmailContent:
    def value(name: str) -> str:
        if name in arguments:
            return template.as_text(arguments[name]) if arguments[name] is not None else ""
        return SURROUNDINGS[name](context) if name in SURROUNDINGS else ""

    visitor = _visitor(context)
    subject = template.fill(config["subject"], value, template.IN_LETTER)
    answer_to = visitor.email if config["reply_to_visitor"] and visitor.email_verified_at else ""
    return email_receipts.EmailContent(
        subject=subject,
        body=template.fill(config["body"], value, template.IN_LETTER).strip(),
        lines=_lines(context.method, arguments),
        detailed=config["layout"] == "detailed",
        to_team=config["recipient"] != "visitor",
        reply_to=answer_to,
        receipt_title=subject if config["recipient"] == "visitor" else _addressed(context),
    )


def _addressed(context: Context) -> str:
    locale = context.conversation.locale if context.conversation else ""
    return label("message_to", locale, name=context.organization.name)


def _lines(method: Method, arguments: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """What the visitor gave, under the names that staff chose; fixed values are not among it."""
    properties = method.parameters.get("properties", {})
    return tuple(
        (str(properties[name].get("title") or name.replace("_", " ").capitalize()), template.as_text(arguments[name]))
        for name in properties
        if arguments.get(name) is not None and name not in method.fixed
    )


def _visitor(context: Context) -> Visitor:
    return context.conversation.visitor if context.conversation else Visitor()


KIND = Kind(
    "E-mail",
    "Sends an e-mail to people whom you choose, or to the visitor's own, verified address. Never to anybody else.",
    "mail",
    Config,
    (
        Operation(
            run,
            label="tool_send",
            risk=Method.Risk.WRITE,
            needs_proof=to_visitor,
            effects=frozenset({"sent"}),
            idempotent=True,
        ),
    ),
    check=check,
)
