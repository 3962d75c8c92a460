"""Messages about appointments besides e-mail: text messages to visitors, and webhooks to the organization's programs."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from assistant.models import Appointment, Delivery, MessageChannel
from assistant.sentences import label
from assistant.services.booking.availability import wording
from assistant.services.booking.invitations import descriptions, form_fields, links, phones
from assistant.services.conversations.events import format_instant
from assistant.services.deliveries import outbox

log = logging.getLogger(__name__)

REMINDERS = ("reminder", "follow_up")


def queue(
    appointment: Appointment,
    change: descriptions.Change,
    key: str,
    *,
    notify_visitor: bool = True,
    send_before: datetime | None = None,
) -> None:
    """Queue the change for each channel that sends such, in the caller's transaction. `key` names the event.

    A text message goes only to a complete number, and not more often than an e-mail would. Webhooks go to the
    organization's own programs, whether the visitor is notified or not.
    """
    wanted = {"sends_reminders": True} if change in REMINDERS else {"sends_changes": True}
    for channel in MessageChannel.objects.filter(organization=appointment.organization_id, enabled=True, **wanted):
        if channel.kind == MessageChannel.Kind.WEBHOOK:
            to, text = channel.origin, as_json(payload(appointment, change, key))
        elif change == "follow_up" or not notify_visitor or not (to := _number(appointment, channel)):
            continue
        else:
            text = text_message(appointment, change)
        outbox.queue_to_channel(
            channel, to=to, subject=label(change), text=text, key=f"{key}:{channel.pk.hex}", appointment=appointment,
            send_before=send_before,
        )  # fmt: skip


def text_message(appointment: Appointment, change: descriptions.Change) -> str:
    """What the visitor reads on their phone: short, in their language, nothing that they typed."""
    locale = descriptions.locale_of(appointment)
    when = wording.when(appointment, appointment.visitor_timezone, locale)
    said = f"{appointment.organization.name}: {label(change, locale)}. {appointment.service.name}, {when}."
    ended = change in descriptions.ENDED
    return outbox.one_line(said, 400) + ("" if ended else f" {links.manage_url(appointment)}")


def payload(appointment: Appointment, change: str, key: str) -> dict[str, Any]:
    """What a webhook gets: all of the appointment, and `id`, the same when it is sent again."""
    return {
        "type": f"appointment.{change}",
        "id": key,
        "at": format_instant(timezone.now()),
        "appointment": {
            "id": str(appointment.pk),
            "reference": appointment.reference,
            "state": appointment.state,
            "service": appointment.service.name,
            "calendar": appointment.calendar.name,
            "start_at": format_instant(appointment.start_at),
            "end_at": format_instant(appointment.end_at),
            "timezone": appointment.timezone,
            "price": appointment.price,
            "place": descriptions.place_of(appointment),
            "name": appointment.name,
            "email": appointment.email,
            "phone": appointment.phone,
            "reason": appointment.reason,
            "answers": [{"label": name, "value": value} for name, value in form_fields.answered(appointment)],
            "cancel_reason": appointment.cancel_reason,
            "admin_url": links.admin_url(appointment),
        },
    }


def as_json(payload: dict[str, Any]) -> str:
    return json.dumps(payload, ensure_ascii=False)


def _number(appointment: Appointment, channel: MessageChannel) -> str:
    """Where to send it; "" where there is no complete number, or enough was sent today."""
    to = phones.dialled(appointment.phone, appointment.organization) if appointment.phone else ""
    if not to:
        return ""
    today = Delivery.objects.filter(channel=channel, created_at__gt=timezone.now() - timedelta(days=1))
    if today.count() >= channel.per_day:
        log.warning("Channel %s: its limit of text messages in 24 hours is reached; one was not queued.", channel.pk)
        return ""
    mine = Delivery.objects.to_address(to).filter(organization=appointment.organization_id)
    recent = mine.filter(created_at__gt=timezone.now() - timedelta(days=1))
    return to if recent.count() < outbox.PER_ADDRESS_PER_DAY else ""
