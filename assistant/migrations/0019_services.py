"""Services apart from calendars, other hours on single days, and what an appointment says of its service.

What old rows must have is filled in by the next migration.
"""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assistant", "0018_organization_revision"),
    ]

    operations = [
        migrations.CreateModel(
            name="SpecialHours",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("opens", models.TimeField()),
                ("closes", models.TimeField()),
                ("reason", models.CharField(blank=True, max_length=120)),
            ],
            options={
                "verbose_name_plural": "special hours",
                "ordering": ["first_day", "opens"],
            },
        ),
        migrations.AddField(
            model_name="appointment",
            name="busy_from",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="appointment",
            name="cancel_reason",
            field=models.CharField(blank=True, max_length=300, verbose_name="reason for cancelling"),
        ),
        migrations.AddField(
            model_name="appointment",
            name="price",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name="appointment",
            name="seat",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="appointment",
            name="session",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="appointment",
            name="state",
            field=models.CharField(
                choices=[
                    ("held", "Held"),
                    ("requested", "Requested"),
                    ("confirmed", "Confirmed"),
                    ("attended", "Attended"),
                    ("no_show", "No-show"),
                    ("cancelled", "Cancelled"),
                    ("declined", "Declined"),
                    ("expired", "Expired"),
                ],
                default="held",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="calendar",
            name="location",
            field=models.CharField(
                blank=True,
                help_text="Where appointments take place, such as 14 Harbour Lane, unless a service says otherwise.",
                max_length=200,
            ),
        ),
        migrations.CreateModel(
            name="Offering",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "order",
                    models.PositiveSmallIntegerField(default=0, help_text="Calendars with lower numbers are listed first."),
                ),
                (
                    "minutes",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="How many minutes it takes here, if that differs.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(5),
                            django.core.validators.MaxValueValidator(1440),
                        ],
                        verbose_name="other length",
                    ),
                ),
                (
                    "price",
                    models.CharField(
                        blank=True,
                        help_text="What it costs here, if that differs.",
                        max_length=60,
                        verbose_name="other price",
                    ),
                ),
                (
                    "calendar",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="offerings", to="assistant.calendar"
                    ),
                ),
            ],
            options={
                "ordering": ["order", "calendar__name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Service",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="As visitors read it, such as Cut and finish.", max_length=80)),
                (
                    "description",
                    models.TextField(
                        blank=True,
                        help_text="What visitors and the assistant should know, such as what is included.",
                        max_length=500,
                    ),
                ),
                (
                    "active",
                    models.BooleanField(default=True, help_text="Whether it can be booked. Existing appointments stay."),
                ),
                (
                    "colour",
                    models.CharField(
                        default="#0f766e",
                        help_text="Its colour in the calendar.",
                        max_length=7,
                        validators=[
                            django.core.validators.RegexValidator("^#[0-9a-fA-F]{6}$", "Enter a colour such as #0f766e.")
                        ],
                    ),
                ),
                (
                    "order",
                    models.PositiveSmallIntegerField(default=0, help_text="Services with lower numbers are listed first."),
                ),
                (
                    "minutes",
                    models.PositiveIntegerField(
                        default=30,
                        help_text="How long an appointment takes.",
                        validators=[
                            django.core.validators.MinValueValidator(5),
                            django.core.validators.MaxValueValidator(1440),
                        ],
                        verbose_name="length in minutes",
                    ),
                ),
                (
                    "buffer_before_minutes",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Kept free before each appointment.",
                        validators=[django.core.validators.MaxValueValidator(240)],
                        verbose_name="break before, in minutes",
                    ),
                ),
                (
                    "buffer_after_minutes",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Kept free after each appointment.",
                        validators=[django.core.validators.MaxValueValidator(240)],
                        verbose_name="break after, in minutes",
                    ),
                ),
                (
                    "step_minutes",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="From one offered time to the next. 15: 9:00, 9:15, 9:30. Leave empty for the length with its breaks.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(5),
                            django.core.validators.MaxValueValidator(1440),
                        ],
                        verbose_name="step in minutes",
                    ),
                ),
                (
                    "price",
                    models.CharField(blank=True, help_text="As visitors read it, such as £45 or from £45.", max_length=60),
                ),
                (
                    "place",
                    models.CharField(
                        blank=True,
                        choices=[("in_person", "In person"), ("phone", "By phone"), ("link", "Video call or link")],
                        help_text="Where it takes place. In person: times are shown as the clock there reads.",
                        max_length=10,
                    ),
                ),
                (
                    "location",
                    models.CharField(
                        blank=True,
                        help_text="The address, the phone number or the link. Leave empty for the location of the calendar.",
                        max_length=200,
                    ),
                ),
                (
                    "capacity",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="How many can book the same time on one calendar. 1 for an appointment; 12 for a class of twelve.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(500),
                        ],
                        verbose_name="places",
                    ),
                ),
                (
                    "choice",
                    models.CharField(
                        choices=[
                            ("fairest", "The one with the fewest upcoming appointments"),
                            ("first", "The first in order"),
                        ],
                        default="fairest",
                        help_text="Which of the free calendars gets the appointment.",
                        max_length=10,
                        verbose_name="if the visitor does not mind",
                    ),
                ),
                (
                    "notice_minutes",
                    models.PositiveIntegerField(
                        default=120,
                        help_text="How long before it starts an appointment must be booked. 120: two hours.",
                        validators=[django.core.validators.MaxValueValidator(43200)],
                        verbose_name="notice in minutes",
                    ),
                ),
                (
                    "horizon_days",
                    models.PositiveIntegerField(
                        default=60,
                        help_text="How many days ahead appointments can be booked.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(730),
                        ],
                        verbose_name="days ahead",
                    ),
                ),
                (
                    "per_day",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="How many appointments of this service one calendar takes in a day. Leave empty for no limit.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="at most per day",
                    ),
                ),
                (
                    "per_visitor",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="How many upcoming appointments of this service one visitor may have. Leave empty for no limit.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="at most per visitor",
                    ),
                ),
                (
                    "approval",
                    models.BooleanField(
                        default=False,
                        help_text="Visitors request a time, which is kept for them, and the team confirms or declines it.",
                        verbose_name="staff approve each booking",
                    ),
                ),
                (
                    "cancel_hours",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="How long before the start visitors can last move or cancel it themselves. 0: until it starts.",
                        validators=[django.core.validators.MaxValueValidator(720)],
                        verbose_name="latest change, in hours",
                    ),
                ),
                (
                    "ask_cancel_reason",
                    models.BooleanField(
                        default=False,
                        help_text="Visitors may give a reason; the team reads it.",
                        verbose_name="ask why it is cancelled",
                    ),
                ),
                (
                    "calendars",
                    models.ManyToManyField(related_name="services", through="assistant.Offering", to="assistant.calendar"),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="services", to="assistant.organization"
                    ),
                ),
            ],
            options={
                "ordering": ["organization", "order", "name"],
            },
        ),
        migrations.AddField(
            model_name="offering",
            name="service",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="offerings", to="assistant.service"
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="service",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.RESTRICT, related_name="appointments", to="assistant.service"
            ),
        ),
        migrations.AddField(
            model_name="specialhours",
            name="calendar",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="special_hours", to="assistant.calendar"
            ),
        ),
        migrations.AddConstraint(
            model_name="offering",
            constraint=models.UniqueConstraint(fields=("service", "calendar"), name="one_offering_per_service_and_calendar"),
        ),
    ]
