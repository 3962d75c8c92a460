"""Each calendar gets one service with its former length and rules, so that what could be booked can still be booked.

PostgreSQL refuses by itself what overlaps on one calendar: appointments of different sessions (all those that have their
time to themselves count as one session, 0), and within a session those in the same seat. `int8range` and `int4range` in
place of `WITH =`, and an address made of the session's number in place of a plain `WITH <>`, spare the btree_gist
extension, which managed databases may not offer: `inet_ops` is the one built-in GiST class that knows "different".

Going back is possible until several visitors share a time: the former constraint refuses that.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

TAKEN = "state IN ('held', 'requested', 'confirmed', 'attended', 'no_show')"
ON_ONE_CALENDAR = "int8range(calendar_id, calendar_id, '[]') WITH &&, tstzrange(busy_from, busy_until) WITH &&"
CONSTRAINTS = {
    "appointments_of_one_seat_do_not_overlap": f"{ON_ONE_CALENDAR}, int4range(seat, seat, '[]') WITH &&",
    "sessions_do_not_overlap": f"{ON_ONE_CALENDAR}, ('::'::inet + session) inet_ops WITH <>",
}
RULES = ("notice_minutes", "horizon_days")


def add_services(apps, schema_editor):
    Service, Offering, Appointment = (apps.get_model("assistant", name) for name in ("Service", "Offering", "Appointment"))
    for calendar in apps.get_model("assistant", "Calendar").objects.order_by("pk"):
        service = Service.objects.create(
            organization_id=calendar.organization_id,
            name=calendar.name,
            minutes=calendar.slot_minutes,
            buffer_after_minutes=calendar.buffer_minutes,
            place="in_person" if calendar.location and "://" not in calendar.location else "",
            **{name: getattr(calendar, name) for name in RULES},
        )
        Offering.objects.create(service=service, calendar=calendar)
        Appointment.objects.filter(calendar=calendar).update(service=service, busy_from=F("start_at"))
    _check_references_now(schema_editor)


def remove_services(apps, schema_editor):
    """The rules of a calendar's first service become its own."""
    Offering, Appointment = apps.get_model("assistant", "Offering"), apps.get_model("assistant", "Appointment")
    for calendar in apps.get_model("assistant", "Calendar").objects.all():
        offering = Offering.objects.filter(calendar=calendar).select_related("service").order_by("order", "pk").first()
        if offering is not None:
            calendar.slot_minutes = min(offering.minutes or offering.service.minutes, 720)
            calendar.buffer_minutes = offering.service.buffer_after_minutes
            for name in RULES:
                setattr(calendar, name, getattr(offering.service, name))
            calendar.save()
    Appointment.objects.filter(state__in=["attended", "no_show"]).update(state="confirmed")
    Appointment.objects.filter(state__in=["requested", "declined"]).update(state="cancelled")
    Appointment.objects.update(service=None)
    _check_references_now(schema_editor)


def _check_references_now(schema_editor):
    """PostgreSQL alters no table with checks still to come."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


def replace_constraint(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE assistant_appointment DROP CONSTRAINT appointments_do_not_overlap")
        for name, columns in CONSTRAINTS.items():
            schema_editor.execute(
                f"ALTER TABLE assistant_appointment ADD CONSTRAINT {name} EXCLUDE USING gist ({columns}) WHERE ({TAKEN})"
            )


def restore_constraint(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in CONSTRAINTS:
            schema_editor.execute(f"ALTER TABLE assistant_appointment DROP CONSTRAINT {name}")
        schema_editor.execute(
            "ALTER TABLE assistant_appointment ADD CONSTRAINT appointments_do_not_overlap EXCLUDE USING gist ("
            "int8range(calendar_id, calendar_id, '[]') WITH &&, tstzrange(start_at, busy_until) WITH &&"
            ") WHERE (state IN ('held', 'confirmed'))"
        )


class Migration(migrations.Migration):
    dependencies = [("assistant", "0019_services")]
    operations = [
        migrations.RunPython(add_services, remove_services),
        migrations.AlterField("appointment", "busy_from", models.DateTimeField()),
        migrations.AlterField(
            "appointment",
            "service",
            models.ForeignKey(
                on_delete=django.db.models.deletion.RESTRICT, related_name="appointments", to="assistant.service"
            ),
        ),
        migrations.AddConstraint(
            "appointment",
            models.CheckConstraint(
                condition=Q(busy_from__lte=F("start_at")), name="appointment_buffer_before_is_not_negative"
            ),
        ),
        migrations.RunPython(replace_constraint, restore_constraint),
        *(
            migrations.RemoveField("calendar", name)
            for name in ("slot_minutes", "buffer_minutes", "notice_minutes", "horizon_days")
        ),
    ]
