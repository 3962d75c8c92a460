"""All migrations up to 0049, as one for a new database, which takes a fifth of the time.

An older database goes on from where it is, through the migrations themselves. `tests/upgrades` compares the tables.
"""

import uuid
from decimal import Decimal
from importlib import import_module

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

import assistant.models.booking.appointments
import assistant.models.booking.services
import assistant.models.conversations.file
import assistant.models.methods.method
import assistant.models.organizations.assistant
import assistant.models.organizations.invitation
import assistant.models.organizations.organization
import assistant.models.providers.provider

overlaps = import_module("assistant.migrations.0002_no_overlapping_appointments")
passage_index = import_module("assistant.migrations.0003_passage_index")
sessions = import_module("assistant.migrations.0020_a_service_for_each_calendar")


class CreateModels(Operation):
    """Tables of models that are all known beforehand: one at a time, Django makes all related models anew for each."""

    def __init__(self, models):
        self.models = models

    def deconstruct(self):
        return "CreateModels", [self.models], {}

    def state_forwards(self, app_label, state):
        state.__dict__.pop("apps", None)  # made again, once, when a table first asks for it
        for model in self.models:
            model.state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for model in self.models:
            model.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        for model in reversed(self.models):
            model.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self):
        return f"Create {len(self.models)} models"


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("assistant", "0001_initial"),
        ("assistant", "0002_no_overlapping_appointments"),
        ("assistant", "0003_passage_index"),
        ("assistant", "0004_verify_card"),
        ("assistant", "0005_passage_vectors"),
        ("assistant", "0006_assistant_seen"),
        ("assistant", "0007_usage_name"),
        ("assistant", "0008_conversation_notes"),
        ("assistant", "0009_deliveries_are_not_cancelled"),
        ("assistant", "0010_calls_keep_opaque_fields"),
        ("assistant", "0011_learnt_capabilities"),
        ("assistant", "0012_deliveries_kept_and_origins_refused"),
        ("assistant", "0013_quotas_per_network"),
        ("assistant", "0014_knowledge_encodings_and_words"),
        ("assistant", "0015_provider_labels"),
        ("assistant", "0016_texts_per_language"),
        ("assistant", "0017_plain_labels"),
        ("assistant", "0018_organization_revision"),
        ("assistant", "0019_services"),
        ("assistant", "0020_a_service_for_each_calendar"),
        ("assistant", "0021_growth_indexes"),
        ("assistant", "0022_blocked_times"),
        ("assistant", "0023_messages"),
        ("assistant", "0024_outside_calendars"),
        ("assistant", "0025_booking_forms"),
        ("assistant", "0026_privacy"),
        ("assistant", "0027_labels"),
        ("assistant", "0028_team"),
        ("assistant", "0029_office_hours"),
        ("assistant", "0030_inbox"),
        ("assistant", "0031_team_language"),
        ("assistant", "0032_calendar_accounts"),
        ("assistant", "0033_identity"),
        ("assistant", "0036_message_channels"),
        ("assistant", "0039_labels"),
        ("assistant", "0040_voice_calls"),
        ("assistant", "0041_set_up"),
        ("assistant", "0042_ratings_and_invitations"),
        ("assistant", "0043_conversation_files"),
        ("assistant", "0044_form_field_translations"),
        ("assistant", "0045_pictures"),
        ("assistant", "0046_log_ins_and_own_data"),
        ("assistant", "0047_web_push"),
        ("assistant", "0048_quality"),
        ("assistant", "0049_note_persons"),
    ]

    # After all others: each of their steps would make our models anew.
    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("sessions", "0001_initial"),
        ("usersessions", "0001_initial"),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="Appointment",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="appointments",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "calendar",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.RESTRICT,
                                related_name="appointments",
                                to="assistant.calendar",
                            ),
                        ),
                        (
                            "service",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.RESTRICT,
                                related_name="appointments",
                                to="assistant.service",
                            ),
                        ),
                        (
                            "visitor",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="appointments",
                                to="assistant.visitor",
                            ),
                        ),
                        (
                            "conversation",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="appointments",
                                to="assistant.conversation",
                            ),
                        ),
                        (
                            "call",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="appointment",
                                to="assistant.toolcall",
                            ),
                        ),
                        (
                            "reference",
                            models.CharField(
                                default=assistant.models.booking.appointments.new_reference,
                                editable=False,
                                max_length=8,
                                unique=True,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
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
                        ("start_at", models.DateTimeField(verbose_name="start")),
                        ("end_at", models.DateTimeField(verbose_name="end")),
                        ("busy_from", models.DateTimeField()),
                        ("busy_until", models.DateTimeField()),
                        ("session", models.BigIntegerField(default=0)),
                        ("seat", models.PositiveSmallIntegerField(default=0)),
                        ("timezone", models.CharField(max_length=60)),
                        ("visitor_timezone", models.CharField(blank=True, max_length=60)),
                        ("held_until", models.DateTimeField(blank=True, null=True)),
                        ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                        ("price", models.CharField(blank=True, max_length=60)),
                        ("name", models.CharField(blank=True, max_length=120)),
                        ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                        ("phone", models.CharField(blank=True, max_length=40)),
                        ("reason", models.CharField(blank=True, max_length=300)),
                        ("answers", models.JSONField(blank=True, default=list)),
                        (
                            "cancel_reason",
                            models.CharField(blank=True, max_length=300, verbose_name="reason for cancelling"),
                        ),
                        ("sequence", models.PositiveIntegerField(default=0)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                    ],
                    options={
                        "ordering": ["start_at"],
                        "indexes": [
                            models.Index(fields=["calendar", "state", "start_at"], name="assistant_a_calenda_cd136d_idx"),
                            models.Index(fields=["state", "held_until"], name="assistant_a_state_9cb05d_idx"),
                            models.Index(fields=["start_at"], name="assistant_a_start_a_3fed6e_idx"),
                            models.Index(fields=["organization", "start_at"], name="assistant_a_organiz_898575_idx"),
                            models.Index(fields=["created_at"], name="assistant_a_created_89073d_idx"),
                            models.Index(fields=["organization", "created_at"], name="assistant_a_organiz_cd8843_idx"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("start_at__lt", models.F("end_at"))), name="appointment_ends_after_start"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("end_at__lte", models.F("busy_until"))),
                                name="appointment_buffer_is_not_negative",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("busy_from__lte", models.F("start_at"))),
                                name="appointment_buffer_before_is_not_negative",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AppointmentNotice",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "appointment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="notices",
                                to="assistant.appointment",
                            ),
                        ),
                        ("name", models.CharField(max_length=20)),
                        ("covers_until", models.DateTimeField()),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("appointment", "name"), name="one_notice_of_a_name")
                        ],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="Assistant",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="assistants",
                                to="assistant.organization",
                            ),
                        ),
                        ("name", models.CharField(default="Assistant", max_length=60)),
                        (
                            "public_key",
                            models.CharField(
                                default=assistant.models.organizations.assistant.new_public_key,
                                editable=False,
                                max_length=40,
                                unique=True,
                            ),
                        ),
                        ("enabled", models.BooleanField(default=True, help_text="Off: visitors cannot chat with it.")),
                        (
                            "instructions",
                            models.TextField(
                                blank=True,
                                help_text="How it should write, and what it should and should not do. For example: Never quote prices.",
                                max_length=20000,
                            ),
                        ),
                        (
                            "knowledge",
                            models.TextField(
                                blank=True,
                                help_text="Facts for its answers, sent with every message: opening hours, prices, address, policies.",
                                max_length=60000,
                            ),
                        ),
                        (
                            "title",
                            models.CharField(
                                blank=True, help_text="Shown at the top of the widget. Empty: its name.", max_length=60
                            ),
                        ),
                        ("greeting", models.CharField(default="Hi! How can I help you?", max_length=300)),
                        (
                            "starters",
                            models.TextField(
                                blank=True,
                                help_text="Suggested first questions, one per line, up to four. For example: When are you open?",
                                validators=[assistant.models.organizations.assistant.validate_starters],
                                verbose_name="suggested questions",
                            ),
                        ),
                        (
                            "disclosure",
                            models.CharField(
                                default="You are chatting with an AI assistant. It can make mistakes.",
                                help_text="Shown before the first answer, and read out by screen readers. Tells visitors that they talk to an AI.",
                                max_length=300,
                            ),
                        ),
                        (
                            "consent",
                            models.TextField(
                                blank=True,
                                help_text="Visitors agree to it before their first message, such as: We store this conversation for 90 days. Empty: they are not asked.",
                                max_length=600,
                                verbose_name="consent text",
                            ),
                        ),
                        ("translations", models.JSONField(blank=True, default=dict, editable=False)),
                        (
                            "accent",
                            models.CharField(
                                default="#0f766e",
                                max_length=7,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "\\A#[0-9a-fA-F]{6}\\Z",
                                        "Enter a colour as # and six hexadecimal digits, such as #0f766e.",
                                    )
                                ],
                                verbose_name="accent colour",
                            ),
                        ),
                        (
                            "position",
                            models.CharField(
                                choices=[("right", "Bottom right"), ("left", "Bottom left")], default="right", max_length=5
                            ),
                        ),
                        (
                            "locale",
                            models.CharField(
                                default="en",
                                help_text="Used where the page sets no language. A code such as en or de, with or without a region: de-CH.",
                                max_length=12,
                                validators=[assistant.models.organizations.assistant.validate_locale],
                                verbose_name="language",
                            ),
                        ),
                        (
                            "launcher_label",
                            models.CharField(
                                blank=True,
                                help_text="Beside the icon, such as: Questions? Chat with us. Empty: the icon alone.",
                                max_length=40,
                                verbose_name="text on the button",
                            ),
                        ),
                        (
                            "phone_position",
                            models.CharField(
                                blank=True,
                                choices=[("right", "Bottom right"), ("left", "Bottom left")],
                                help_text="Empty: as on computers.",
                                max_length=5,
                                verbose_name="position on phones",
                            ),
                        ),
                        (
                            "offset_x",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                help_text="In pixels, on computers. Empty: 20.",
                                null=True,
                                validators=[django.core.validators.MaxValueValidator(999)],
                                verbose_name="distance from the side",
                            ),
                        ),
                        (
                            "offset_y",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                help_text="In pixels, on computers. Empty: 20.",
                                null=True,
                                validators=[django.core.validators.MaxValueValidator(999)],
                                verbose_name="distance from the bottom",
                            ),
                        ),
                        (
                            "phone_offset_x",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                help_text="In pixels. Empty: as on computers.",
                                null=True,
                                validators=[django.core.validators.MaxValueValidator(999)],
                                verbose_name="distance from the side on phones",
                            ),
                        ),
                        (
                            "phone_offset_y",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                help_text="In pixels, such as 80 above a bar of buttons. Empty: as on computers.",
                                null=True,
                                validators=[django.core.validators.MaxValueValidator(999)],
                                verbose_name="distance from the bottom on phones",
                            ),
                        ),
                        (
                            "z_index",
                            models.PositiveIntegerField(
                                blank=True,
                                help_text="Lower it where the chat covers something of the site, such as its cookie notice. Empty: above all else.",
                                null=True,
                                validators=[django.core.validators.MaxValueValidator(2147483647)],
                                verbose_name="layer (z-index)",
                            ),
                        ),
                        (
                            "show_on",
                            models.TextField(
                                blank=True,
                                help_text="Paths of pages, one per line; * stands for any text. For example: /help/*. Empty: on every page.",
                                validators=[assistant.models.organizations.assistant.validate_paths],
                                verbose_name="show only on",
                            ),
                        ),
                        (
                            "hide_on",
                            models.TextField(
                                blank=True,
                                help_text="Likewise. For example: /checkout*",
                                validators=[assistant.models.organizations.assistant.validate_paths],
                                verbose_name="hide on",
                            ),
                        ),
                        (
                            "teaser",
                            models.CharField(
                                blank=True,
                                help_text="Appears beside the button, such as: Can I help you find something? Visitors who have closed it, or have chatted already, do not see it.",
                                max_length=160,
                                verbose_name="invitation",
                            ),
                        ),
                        (
                            "page_messages",
                            models.TextField(
                                blank=True,
                                help_text="In place of the invitation, on certain pages: a path and a message per line. For example: /prices* Shall I work out a price for you?",
                                validators=[assistant.models.organizations.assistant.validate_page_messages],
                                verbose_name="invitations by page",
                            ),
                        ),
                        (
                            "teaser_after",
                            models.PositiveSmallIntegerField(
                                default=10,
                                help_text="How long a visitor is on the page before the invitation appears. 0: not by time.",
                                validators=[django.core.validators.MaxValueValidator(600)],
                                verbose_name="invite after, in seconds",
                            ),
                        ),
                        (
                            "teaser_on_exit",
                            models.BooleanField(
                                default=False,
                                help_text="The invitation appears when the pointer leaves the page at the top, as towards its tab. Not on phones.",
                                verbose_name="invite on leaving",
                            ),
                        ),
                        (
                            "sound",
                            models.BooleanField(
                                default=False,
                                help_text="A short sound while the chat is closed or the visitor looks at another tab.",
                                verbose_name="sound for new messages",
                            ),
                        ),
                        (
                            "provider",
                            models.ForeignKey(
                                blank=True,
                                help_text="Empty: any provider of the organization.",
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="assistants",
                                to="assistant.provider",
                            ),
                        ),
                        ("model", models.CharField(blank=True, help_text="Empty: the provider's default.", max_length=200)),
                        (
                            "fast_model",
                            models.CharField(
                                blank=True,
                                help_text="For titles, summaries and checks. Empty: the provider's default.",
                                max_length=200,
                            ),
                        ),
                        (
                            "fallback_model",
                            models.CharField(blank=True, help_text="Used when the model above fails.", max_length=200),
                        ),
                        (
                            "temperature",
                            models.FloatField(
                                blank=True,
                                help_text="From 0 (predictable) to 2 (varied). Empty: the provider's default.",
                                null=True,
                                validators=[
                                    django.core.validators.MinValueValidator(0),
                                    django.core.validators.MaxValueValidator(2),
                                ],
                            ),
                        ),
                        (
                            "max_output_tokens",
                            models.PositiveIntegerField(
                                blank=True,
                                help_text="The longest reply, in tokens. Empty: the provider's limit, or 1024.",
                                null=True,
                                validators=[
                                    django.core.validators.MinValueValidator(16),
                                    django.core.validators.MaxValueValidator(32000),
                                ],
                                verbose_name="longest reply in tokens",
                            ),
                        ),
                        (
                            "history_messages",
                            models.PositiveIntegerField(
                                default=20,
                                help_text="How many of the latest messages the model gets.",
                                validators=[
                                    django.core.validators.MinValueValidator(2),
                                    django.core.validators.MaxValueValidator(200),
                                ],
                                verbose_name="messages in the context",
                            ),
                        ),
                        (
                            "history_tokens",
                            models.PositiveIntegerField(
                                default=6000,
                                help_text="How many tokens they can take, roughly. Lower it for a small local model.",
                                validators=[
                                    django.core.validators.MinValueValidator(200),
                                    django.core.validators.MaxValueValidator(500000),
                                ],
                                verbose_name="tokens of messages",
                            ),
                        ),
                        (
                            "makes_notes",
                            models.BooleanField(
                                default=True,
                                help_text="The fast model gives conversations a title and a summary for staff, once they pause.",
                                verbose_name="titles and summaries",
                            ),
                        ),
                        (
                            "reuse_answers_hours",
                            models.PositiveSmallIntegerField(
                                default=0,
                                help_text="For how many hours an identical first question gets the same answer, without the model. 0: never.",
                                validators=[django.core.validators.MaxValueValidator(168)],
                                verbose_name="reuse answers, in hours",
                            ),
                        ),
                        (
                            "limit_sentence",
                            models.CharField(
                                blank=True,
                                help_text="Shown to visitors when a budget limit is reached. Empty: the organization's message.",
                                max_length=300,
                                verbose_name="message at a limit",
                            ),
                        ),
                        (
                            "voice",
                            models.BooleanField(
                                default=True,
                                help_text="Visitors can talk to it where a provider offers voice. Off: the widget shows no microphone.",
                                verbose_name="voice calls",
                            ),
                        ),
                        (
                            "voice_name",
                            models.CharField(
                                choices=[
                                    ("alloy", "Alloy"),
                                    ("ash", "Ash"),
                                    ("ballad", "Ballad"),
                                    ("cedar", "Cedar"),
                                    ("coral", "Coral"),
                                    ("echo", "Echo"),
                                    ("marin", "Marin"),
                                    ("sage", "Sage"),
                                    ("shimmer", "Shimmer"),
                                    ("verse", "Verse"),
                                ],
                                default="sage",
                                max_length=20,
                                verbose_name="voice",
                            ),
                        ),
                        (
                            "voice_minutes",
                            models.PositiveSmallIntegerField(
                                default=10,
                                help_text="A call is ended after this time. From 1 to 60; the visitor can go on in writing.",
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(60),
                                ],
                                verbose_name="longest call, in minutes",
                            ),
                        ),
                        (
                            "accepts_files",
                            models.BooleanField(
                                default=False,
                                help_text="Visitors can send images (PNG, JPEG, WebP, GIF) and PDF. The assistant reads only their names; your team can open them.",
                                verbose_name="files",
                            ),
                        ),
                        ("seen_at", models.DateTimeField(editable=False, null=True)),
                        ("seen_origin", models.CharField(blank=True, editable=False, max_length=300)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                        (
                            "methods",
                            models.ManyToManyField(
                                blank=True,
                                help_text="What it may do in a conversation.",
                                related_name="assistants",
                                to="assistant.method",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["organization", "name"],
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="AuditEntry",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "organization",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="audit_entries",
                                to="assistant.organization",
                            ),
                        ),
                        ("at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("by_name", models.CharField(blank=True, max_length=150, verbose_name="who")),
                        ("network", models.CharField(blank=True, max_length=50)),
                        (
                            "act",
                            models.CharField(
                                choices=[
                                    ("added", "Added"),
                                    ("changed", "Changed"),
                                    ("deleted", "Deleted"),
                                    ("looked", "Looked at"),
                                    ("exported", "Exported"),
                                    ("logged_in", "Logged in"),
                                    ("logged_out", "Logged out"),
                                    ("refused", "Log-in refused"),
                                    ("done", "Other action"),
                                ],
                                max_length=10,
                                verbose_name="action",
                            ),
                        ),
                        ("model", models.CharField(blank=True, max_length=60, verbose_name="type")),
                        ("object_id", models.CharField(blank=True, max_length=64, verbose_name="ID")),
                        ("name", models.CharField(blank=True, max_length=200)),
                        ("detail", models.CharField(blank=True, max_length=200)),
                        ("changes", models.JSONField(blank=True, default=dict)),
                    ],
                    options={
                        "verbose_name": "audit entry",
                        "verbose_name_plural": "audit log",
                        "ordering": ["-at", "-pk"],
                        "indexes": [
                            models.Index(fields=["organization", "-at"], name="assistant_a_organiz_f50685_idx"),
                            models.Index(fields=["-at"], name="assistant_a_at_10f56c_idx"),
                        ],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="BlockedTime",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "calendar",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="blocked_times",
                                to="assistant.calendar",
                            ),
                        ),
                        ("start_at", models.DateTimeField(verbose_name="start")),
                        ("end_at", models.DateTimeField(verbose_name="end")),
                        ("reason", models.CharField(blank=True, max_length=120)),
                    ],
                    options={
                        "ordering": ["start_at"],
                        "indexes": [models.Index(fields=["calendar", "end_at"], name="assistant_b_calenda_8f2be3_idx")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("start_at__lt", models.F("end_at"))),
                                name="blocked_time_ends_after_start",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Budget",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "organization",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="budget",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "visitor_day_tokens",
                            models.PositiveIntegerField(
                                blank=True, default=500000, null=True, verbose_name="tokens per visitor and day"
                            ),
                        ),
                        (
                            "network_day_tokens",
                            models.PositiveIntegerField(
                                blank=True, default=2000000, null=True, verbose_name="tokens per network and day"
                            ),
                        ),
                        (
                            "day_tokens",
                            models.PositiveBigIntegerField(
                                blank=True, default=10000000, null=True, verbose_name="tokens per day"
                            ),
                        ),
                        (
                            "month_tokens",
                            models.PositiveBigIntegerField(
                                blank=True, default=150000000, null=True, verbose_name="tokens per month"
                            ),
                        ),
                        (
                            "day_dollars",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                default=Decimal("50"),
                                max_digits=10,
                                null=True,
                                verbose_name="dollars per day",
                            ),
                        ),
                        (
                            "month_dollars",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                default=Decimal("500"),
                                max_digits=10,
                                null=True,
                                verbose_name="dollars per month",
                            ),
                        ),
                        (
                            "requests_per_minute",
                            models.PositiveIntegerField(
                                blank=True, default=600, null=True, verbose_name="model requests per minute"
                            ),
                        ),
                        (
                            "sentence",
                            models.CharField(
                                blank=True,
                                help_text="Shown to visitors when a limit is reached. Empty: a message of ours.",
                                max_length=300,
                                verbose_name="message at a limit",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="BusyTime",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "source",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="busy_times",
                                to="assistant.outsidecalendar",
                            ),
                        ),
                        (
                            "calendar",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="busy_times",
                                to="assistant.calendar",
                            ),
                        ),
                        ("start_at", models.DateTimeField()),
                        ("end_at", models.DateTimeField()),
                    ],
                    options={
                        "ordering": ["start_at"],
                        "indexes": [models.Index(fields=["calendar", "end_at"], name="assistant_b_calenda_1b6164_idx")],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="Calendar",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="calendars",
                                to="assistant.organization",
                            ),
                        ),
                        ("name", models.CharField(max_length=80)),
                        (
                            "timezone",
                            models.CharField(
                                default="UTC",
                                help_text="The time zone of the opening hours, such as Europe/Berlin.",
                                max_length=60,
                                validators=[assistant.models.organizations.organization.validate_timezone],
                                verbose_name="time zone",
                            ),
                        ),
                        (
                            "location",
                            models.CharField(
                                blank=True,
                                help_text="Where appointments take place, such as 14 Harbour Lane, unless a service says otherwise.",
                                max_length=200,
                            ),
                        ),
                        (
                            "hold_minutes",
                            models.PositiveIntegerField(
                                default=10,
                                help_text="How long a time stays reserved until the visitor confirms it.",
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(120),
                                ],
                                verbose_name="hold in minutes",
                            ),
                        ),
                        (
                            "unproven_per_day",
                            models.PositiveIntegerField(
                                default=50,
                                help_text="How many bookings in 24 hours may use an e-mail address that the visitor has not verified.",
                                verbose_name="unverified bookings per day",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["organization", "name"],
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="CalendarAccount",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="calendar_accounts",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "provider",
                            models.CharField(
                                choices=[("google", "Google Calendar"), ("microsoft", "Microsoft 365")],
                                default="google",
                                max_length=10,
                            ),
                        ),
                        ("name", models.CharField(help_text="Whose account it is, such as Mira.", max_length=80)),
                        ("address", models.CharField(blank=True, editable=False, max_length=200, verbose_name="account")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("new", "Not connected"),
                                    ("connected", "Connected"),
                                    ("withdrawn", "Access withdrawn"),
                                ],
                                default="new",
                                editable=False,
                                max_length=10,
                            ),
                        ),
                        ("problem", models.CharField(blank=True, editable=False, max_length=300, verbose_name="last error")),
                        ("pending", models.CharField(blank=True, editable=False, max_length=64)),
                        ("client_id", models.CharField(blank=True, editable=False, max_length=200)),
                        ("sealed_access", models.TextField(blank=True, editable=False)),
                        ("sealed_refresh", models.TextField(blank=True, editable=False)),
                        ("expires_at", models.DateTimeField(blank=True, editable=False, null=True)),
                        ("fence", models.PositiveIntegerField(default=0, editable=False)),
                        ("leased_until", models.DateTimeField(blank=True, editable=False, null=True)),
                        ("calendars", models.JSONField(blank=True, default=list, editable=False)),
                        ("connected_at", models.DateTimeField(blank=True, editable=False, null=True)),
                        (
                            "connected_by",
                            models.ForeignKey(
                                blank=True,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "ordering": ["organization", "provider", "name"],
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="CalendarFeed",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="calendar_feeds",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "calendar",
                            models.ForeignKey(
                                blank=True,
                                help_text="Leave empty for the appointments of all calendars.",
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="feeds",
                                to="assistant.calendar",
                            ),
                        ),
                        ("shows_name", models.BooleanField(default=False, verbose_name="show the visitor's name")),
                        (
                            "shows_contact",
                            models.BooleanField(
                                default=False, verbose_name="show the visitor's e-mail address and phone number"
                            ),
                        ),
                        ("shows_reason", models.BooleanField(default=False, verbose_name="show the visitor's reason")),
                        ("serial", models.PositiveIntegerField(default=1, editable=False)),
                        ("read_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last read")),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "ordering": ["organization", "calendar", "pk"],
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="CannedReply",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="canned_replies",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "shortcut",
                            models.CharField(
                                help_text="What follows the / in the reply box, such as hours for /hours.",
                                max_length=30,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[\\w-]+\\Z", "Use letters, digits, - and _ only, such as opening-hours."
                                    )
                                ],
                            ),
                        ),
                        (
                            "text",
                            models.TextField(
                                help_text="The reply. {visitor}, {me}, {assistant} and {organization} are filled in with names.",
                                max_length=2000,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "canned replies",
                        "ordering": ["shortcut"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "shortcut"), name="one_canned_reply_per_shortcut"
                            )
                        ],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="Card",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "conversation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="cards",
                                to="assistant.conversation",
                            ),
                        ),
                        (
                            "call",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="cards",
                                to="assistant.toolcall",
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("slots", "Times"),
                                    ("confirm", "Confirmation"),
                                    ("receipt", "Receipt"),
                                    ("contact", "Contact form"),
                                    ("verify", "E-mail verification"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "Open"),
                                    ("answered", "Answered"),
                                    ("expired", "Expired"),
                                    ("closed", "Closed"),
                                ],
                                default="open",
                                max_length=10,
                            ),
                        ),
                        ("content", models.JSONField(default=dict)),
                        ("action", models.JSONField(default=dict)),
                        ("choice", models.CharField(blank=True, max_length=80)),
                        ("expires_at", models.DateTimeField(blank=True, null=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "ordering": ["created_at"],
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="Closure",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("first_day", models.DateField()),
                        ("last_day", models.DateField()),
                        ("reason", models.CharField(blank=True, max_length=120)),
                        (
                            "calendar",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="closures", to="assistant.calendar"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["first_day"],
                        "abstract": False,
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="Conversation",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="conversations",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "assistant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="conversations",
                                to="assistant.assistant",
                            ),
                        ),
                        (
                            "visitor",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="conversations",
                                to="assistant.visitor",
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("assistant", "With the assistant"),
                                    ("waiting", "Waiting for a person"),
                                    ("staff", "With a person"),
                                    ("closed", "Closed"),
                                ],
                                default="assistant",
                                max_length=10,
                            ),
                        ),
                        (
                            "staff",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("waiting_since", models.DateTimeField(blank=True, null=True)),
                        (
                            "reach",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("told", "The team was notified"),
                                    ("away", "The team was notified, outside office hours"),
                                    ("nobody", "Nobody was notified"),
                                ],
                                max_length=6,
                            ),
                        ),
                        ("person_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "assigned",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="assigned_conversations",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("snoozed_until", models.DateTimeField(blank=True, null=True)),
                        ("snoozed_seq", models.PositiveBigIntegerField(default=0)),
                        ("seen_seq", models.PositiveBigIntegerField(default=0)),
                        ("mailed_seq", models.PositiveBigIntegerField(default=0)),
                        ("mail_due_at", models.DateTimeField(blank=True, db_index=True, null=True)),
                        ("note_to_assistant", models.TextField(blank=True, max_length=1000)),
                        ("title", models.CharField(blank=True, max_length=120)),
                        ("titled_at", models.DateTimeField(blank=True, null=True)),
                        ("language", models.CharField(blank=True, max_length=12)),
                        ("summary", models.TextField(blank=True)),
                        ("summary_seq", models.PositiveBigIntegerField(default=0)),
                        ("thinking_until", models.DateTimeField(blank=True, null=True)),
                        ("rating", models.PositiveSmallIntegerField(blank=True, null=True)),
                        ("rating_comment", models.TextField(blank=True, max_length=1000)),
                        ("rated_at", models.DateTimeField(blank=True, null=True)),
                        ("origin", models.CharField(blank=True, max_length=300)),
                        ("network", models.CharField(blank=True, max_length=64)),
                        ("last_seq", models.PositiveBigIntegerField(default=0)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("consented_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "last_message_at",
                            models.DateTimeField(blank=True, db_index=True, null=True, verbose_name="last message"),
                        ),
                    ],
                    options={
                        "ordering": ["-last_message_at", "-created_at"],
                        "indexes": [
                            models.Index(fields=["state", "organization"], name="assistant_c_state_b94ab5_idx"),
                            models.Index(fields=["created_at"], name="assistant_c_created_1bb02e_idx"),
                            models.Index(fields=["organization", "created_at"], name="assistant_c_organiz_404b88_idx"),
                            models.Index(fields=["organization", "last_message_at"], name="assistant_c_organiz_d6e49c_idx"),
                            models.Index(fields=["assistant", "last_message_at"], name="assistant_c_assista_ab77b9_idx"),
                            models.Index(
                                condition=models.Q(("state", "assistant")),
                                fields=["last_message_at"],
                                name="conversation_that_may_be_idle",
                            ),
                            models.Index(
                                condition=models.Q(("rated_at__isnull", False)),
                                fields=["organization", "rated_at"],
                                name="conversation_that_was_rated",
                            ),
                        ],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="ConversationFile",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "conversation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="files",
                                to="assistant.conversation",
                            ),
                        ),
                        (
                            "message",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="attached",
                                to="assistant.message",
                            ),
                        ),
                        (
                            "by_staff",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("from_staff", models.BooleanField(default=False)),
                        ("name", models.CharField(max_length=120)),
                        ("type", models.CharField(blank=True, max_length=40)),
                        ("size", models.PositiveIntegerField()),
                        (
                            "state",
                            models.CharField(
                                choices=[("receiving", "Being received"), ("ready", "Ready")],
                                default="receiving",
                                max_length=10,
                            ),
                        ),
                        (
                            "place",
                            models.CharField(
                                default=assistant.models.conversations.file.new_place,
                                editable=False,
                                max_length=48,
                                unique=True,
                            ),
                        ),
                        ("at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "ordering": ["conversation", "at"],
                        "indexes": [
                            models.Index(condition=models.Q(("message", None)), fields=["at"], name="file_without_a_message")
                        ],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="ConversationNote",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "conversation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="notes",
                                to="assistant.conversation",
                            ),
                        ),
                        (
                            "by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("text", models.TextField(max_length=4000)),
                        ("at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "ordering": ["conversation", "at"],
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="ConversationRead",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "conversation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="reads",
                                to="assistant.conversation",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                        ("seq", models.PositiveBigIntegerField(default=0)),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("conversation", "user"), name="one_read_per_user")],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="Delivery",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "organization",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="deliveries",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "conversation",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="deliveries",
                                to="assistant.conversation",
                            ),
                        ),
                        (
                            "call",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="deliveries",
                                to="assistant.toolcall",
                            ),
                        ),
                        (
                            "appointment",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="deliveries",
                                to="assistant.appointment",
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[("email", "E-mail"), ("sms", "Text message"), ("webhook", "Webhook")],
                                default="email",
                                max_length=10,
                            ),
                        ),
                        (
                            "channel",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="deliveries",
                                to="assistant.messagechannel",
                            ),
                        ),
                        ("key", models.CharField(max_length=120, unique=True)),
                        ("to", models.CharField(max_length=254)),
                        ("reply_to", models.EmailField(blank=True, max_length=254)),
                        ("subject", models.CharField(max_length=200)),
                        ("text", models.TextField()),
                        ("html", models.TextField(blank=True)),
                        ("ics", models.TextField(blank=True)),
                        ("ics_method", models.CharField(blank=True, max_length=10)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("queued", "Queued"),
                                    ("sending", "Sending"),
                                    ("sent", "Sent"),
                                    ("kept", "Kept in the demo mailbox"),
                                    ("logged", "Written to the server's log"),
                                    ("dead", "Failed"),
                                    ("withdrawn", "Withdrawn"),
                                ],
                                db_index=True,
                                default="queued",
                                max_length=10,
                            ),
                        ),
                        ("fence", models.PositiveIntegerField(default=0)),
                        ("leased_until", models.DateTimeField(blank=True, null=True)),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        (
                            "next_attempt_at",
                            models.DateTimeField(default=django.utils.timezone.now, verbose_name="next attempt"),
                        ),
                        ("last_error", models.CharField(blank=True, max_length=500)),
                        ("send_before", models.DateTimeField(blank=True, null=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                        ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent")),
                    ],
                    options={
                        "verbose_name_plural": "deliveries",
                        "ordering": ["-created_at"],
                        "indexes": [
                            models.Index(fields=["state", "next_attempt_at"], name="assistant_d_state_45f51f_idx"),
                            models.Index(fields=["created_at"], name="assistant_d_created_f5bd0c_idx"),
                            models.Index(fields=["organization", "created_at"], name="assistant_d_organiz_b2e3ef_idx"),
                        ],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="Document",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="documents",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[("text", "Text"), ("file", "File"), ("page", "Web page")],
                                default="text",
                                editable=False,
                                max_length=4,
                            ),
                        ),
                        (
                            "title",
                            models.CharField(
                                blank=True,
                                help_text="Shown to visitors as the source of an answer, such as Price list 2026.",
                                max_length=200,
                            ),
                        ),
                        ("url", models.URLField(blank=True, max_length=1000, verbose_name="URL")),
                        ("text", models.TextField(blank=True, max_length=500000)),
                        (
                            "refresh_hours",
                            models.PositiveSmallIntegerField(
                                choices=[(0, "Only on request"), (1, "Every hour"), (24, "Every day"), (168, "Every week")],
                                default=24,
                                help_text="How often the page is checked for changes.",
                                verbose_name="read again",
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("queued", "Waiting to be read"),
                                    ("reading", "Being read"),
                                    ("ready", "Ready"),
                                    ("failed", "Failed"),
                                ],
                                default="queued",
                                editable=False,
                                max_length=7,
                            ),
                        ),
                        ("fence", models.PositiveIntegerField(default=0, editable=False)),
                        ("leased_until", models.DateTimeField(blank=True, editable=False, null=True)),
                        ("attempts", models.PositiveSmallIntegerField(default=0, editable=False)),
                        (
                            "next_read_at",
                            models.DateTimeField(
                                blank=True, db_index=True, editable=False, null=True, verbose_name="next check"
                            ),
                        ),
                        ("read_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last read")),
                        ("code", models.CharField(blank=True, editable=False, max_length=40)),
                        ("problem", models.CharField(blank=True, editable=False, max_length=300)),
                        ("note", models.CharField(blank=True, editable=False, max_length=300)),
                        ("etag", models.CharField(blank=True, editable=False, max_length=200)),
                        ("last_modified", models.CharField(blank=True, editable=False, max_length=60)),
                        ("words_version", models.PositiveSmallIntegerField(db_index=True, default=0, editable=False)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                        (
                            "assistants",
                            models.ManyToManyField(
                                blank=True,
                                help_text="The assistants that may search it. None selected: all of them.",
                                related_name="documents",
                                to="assistant.assistant",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["title"],
                        "indexes": [models.Index(fields=["state", "leased_until"], name="assistant_d_state_feeb13_idx")],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="DocumentFile",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "document",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE, related_name="file", to="assistant.document"
                            ),
                        ),
                        ("name", models.CharField(max_length=200)),
                        ("data", models.BinaryField()),
                        ("encoding", models.CharField(blank=True, max_length=20)),
                    ],
                    options={
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="DroppedFile",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("place", models.CharField(max_length=48)),
                        ("at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        ("deleted_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="Embedding",
                    fields=[
                        (
                            "organization",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="embedding",
                                serialize=False,
                                to="assistant.organization",
                            ),
                        ),
                        ("version", models.UUIDField(default=uuid.uuid4)),
                        ("fence", models.PositiveIntegerField(default=0)),
                        ("leased_until", models.DateTimeField(blank=True, null=True)),
                        ("failures", models.PositiveSmallIntegerField(default=0)),
                        ("next_at", models.DateTimeField(blank=True, null=True)),
                        ("problem", models.CharField(blank=True, max_length=300)),
                    ],
                    options={
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="Event",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "conversation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="events",
                                to="assistant.conversation",
                            ),
                        ),
                        ("seq", models.PositiveBigIntegerField()),
                        ("type", models.CharField(max_length=30)),
                        (
                            "message",
                            models.ForeignKey(
                                null=True, on_delete=django.db.models.deletion.CASCADE, to="assistant.message"
                            ),
                        ),
                        (
                            "turn",
                            models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to="assistant.turn"),
                        ),
                        (
                            "card",
                            models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to="assistant.card"),
                        ),
                        ("data", models.JSONField(default=dict)),
                        ("at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "ordering": ["conversation", "seq"],
                        "constraints": [models.UniqueConstraint(fields=("conversation", "seq"), name="event_once_per_seq")],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="Feedback",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "appointment",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="feedback",
                                to="assistant.appointment",
                            ),
                        ),
                        (
                            "score",
                            models.PositiveSmallIntegerField(
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(5),
                                ]
                            ),
                        ),
                        ("comment", models.TextField(blank=True, max_length=1000)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                    ],
                    options={
                        "verbose_name_plural": "feedback",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("score__gte", 1), ("score__lte", 5)), name="feedback_is_from_1_to_5"
                            )
                        ],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="FormField",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "service",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="form_fields",
                                to="assistant.service",
                            ),
                        ),
                        (
                            "label",
                            models.CharField(help_text="As visitors read it, such as Your dog's name.", max_length=120),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("text", "Text"),
                                    ("choice", "Choice"),
                                    ("checkbox", "Checkbox"),
                                    ("number", "Number"),
                                ],
                                default="text",
                                max_length=10,
                            ),
                        ),
                        (
                            "options",
                            models.TextField(
                                blank=True,
                                help_text="What there is to choose from, one per line. For a choice only.",
                                max_length=1000,
                            ),
                        ),
                        (
                            "required",
                            models.BooleanField(
                                default=False,
                                help_text="Whether it must be answered; a checkbox, whether it must be ticked.",
                            ),
                        ),
                        (
                            "help",
                            models.CharField(
                                blank=True,
                                help_text="Shown below the field, such as where to find the number.",
                                max_length=200,
                            ),
                        ),
                        (
                            "order",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="Fields with lower numbers are asked first."
                            ),
                        ),
                        ("translations", models.JSONField(blank=True, default=dict, editable=False)),
                    ],
                    options={
                        "ordering": ["order", "pk"],
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="IdentityKey",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="identity_keys",
                                to="assistant.organization",
                            ),
                        ),
                        ("name", models.CharField(help_text="What staff call it, such as Shop server 2026.", max_length=60)),
                        (
                            "algorithm",
                            models.CharField(
                                choices=[
                                    ("HS256", "HS256: a secret that your server shares with us"),
                                    ("RS256", "RS256: the public key of a key pair of your server"),
                                ],
                                default="HS256",
                                max_length=5,
                            ),
                        ),
                        ("sealed_secret", models.TextField(blank=True, editable=False)),
                        ("public_key", models.TextField(blank=True, max_length=4000, verbose_name="public key")),
                        (
                            "enabled",
                            models.BooleanField(
                                default=True, help_text="Off: tokens that were signed with it are no longer valid."
                            ),
                        ),
                        (
                            "manages_data",
                            models.BooleanField(
                                default=False,
                                help_text="Your server can ask for the export or the erasure of any visitor with tokens that this key has signed.",
                                verbose_name="may export and erase visitors",
                            ),
                        ),
                        ("used_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last used")),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "ordering": ["organization", "-created_at"],
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="Invitation",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="invitations",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "email",
                            models.EmailField(
                                help_text="Where the link is sent. It can be used once, within seven days.",
                                max_length=254,
                                verbose_name="e-mail",
                            ),
                        ),
                        (
                            "role",
                            models.CharField(
                                choices=[("owner", "Owner"), ("editor", "Editor"), ("agent", "Agent"), ("viewer", "Viewer")],
                                default="agent",
                                max_length=10,
                            ),
                        ),
                        (
                            "by",
                            models.ForeignKey(
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="invited by",
                            ),
                        ),
                        ("number", models.PositiveIntegerField(default=1, editable=False)),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="invited")),
                        (
                            "expires_at",
                            models.DateTimeField(
                                default=assistant.models.organizations.invitation.expiry,
                                editable=False,
                                verbose_name="valid until",
                            ),
                        ),
                        ("accepted_at", models.DateTimeField(editable=False, null=True, verbose_name="accepted")),
                        (
                            "accepted_by",
                            models.ForeignKey(
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("withdrawn_at", models.DateTimeField(editable=False, null=True, verbose_name="withdrawn")),
                    ],
                    options={
                        "ordering": ["-created_at"],
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="Membership",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="memberships",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="memberships",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "role",
                            models.CharField(
                                choices=[("owner", "Owner"), ("editor", "Editor"), ("agent", "Agent"), ("viewer", "Viewer")],
                                default="editor",
                                max_length=10,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "member",
                        "constraints": [
                            models.UniqueConstraint(fields=("user", "organization"), name="one_membership_per_user")
                        ],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="Message",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "conversation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="messages",
                                to="assistant.conversation",
                            ),
                        ),
                        ("seq", models.PositiveBigIntegerField()),
                        (
                            "role",
                            models.CharField(
                                choices=[
                                    ("visitor", "Visitor"),
                                    ("assistant", "Assistant"),
                                    ("staff", "Staff"),
                                    ("system", "System"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("text", models.TextField()),
                        (
                            "state",
                            models.CharField(
                                choices=[("complete", "Complete"), ("incomplete", "Incomplete"), ("stopped", "Stopped")],
                                default="complete",
                                max_length=10,
                            ),
                        ),
                        ("client_id", models.CharField(blank=True, max_length=64, null=True)),
                        (
                            "staff",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "turn",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="replies",
                                to="assistant.turn",
                            ),
                        ),
                        ("page", models.JSONField(blank=True, default=dict)),
                        ("sources", models.JSONField(blank=True, default=list)),
                        ("files", models.JSONField(blank=True, default=list)),
                        ("rating", models.SmallIntegerField(blank=True, null=True)),
                        ("spoken", models.BooleanField(default=False)),
                        ("at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "ordering": ["conversation", "seq"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("rating__isnull", False)),
                                fields=["rating"],
                                name="message_that_was_rated",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("conversation", "client_id"), name="message_once_per_client_id"),
                            models.UniqueConstraint(fields=("conversation", "seq"), name="message_once_per_seq"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MessageChannel",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="message_channels",
                                to="assistant.organization",
                            ),
                        ),
                        ("name", models.CharField(help_text="What staff call it, such as Our SMS gateway.", max_length=80)),
                        (
                            "kind",
                            models.CharField(
                                choices=[("sms", "Text message (SMS)"), ("webhook", "Webhook")], default="sms", max_length=10
                            ),
                        ),
                        ("enabled", models.BooleanField(default=True, help_text="Off: nothing is sent through it.")),
                        (
                            "format",
                            models.CharField(
                                choices=[("json", "JSON"), ("form", "Form fields")], default="json", max_length=10
                            ),
                        ),
                        (
                            "body",
                            models.TextField(
                                blank=True,
                                help_text='What the SMS gateway expects, such as {"to": "{to}", "text": "{text}"}, or To={to}&Body={text} for form fields. {to} is the phone number, {text} the message, {id} a number that is the same when it is sent again.',
                                max_length=2000,
                            ),
                        ),
                        (
                            "sends_changes",
                            models.BooleanField(
                                default=True,
                                help_text="Confirmations, changes and cancellations, when they happen.",
                                verbose_name="send changes",
                            ),
                        ),
                        (
                            "sends_reminders",
                            models.BooleanField(
                                default=True, help_text="As the service sets them.", verbose_name="send reminders"
                            ),
                        ),
                        (
                            "per_day",
                            models.PositiveIntegerField(
                                default=200,
                                help_text="Text messages cost money: more than that are not sent in 24 hours.",
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(100000),
                                ],
                                verbose_name="at most per day",
                            ),
                        ),
                        ("origin", models.CharField(blank=True, editable=False, max_length=300, verbose_name="server")),
                        ("sealed_address", models.TextField(blank=True, editable=False)),
                        ("sealed_headers", models.TextField(blank=True, editable=False)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "ordering": ["organization", "kind", "name"],
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="MessageTemplate",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="message_templates",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "message",
                            models.CharField(
                                choices=[
                                    ("requested", "Request received"),
                                    ("confirmed", "Confirmation"),
                                    ("moved", "Change"),
                                    ("cancelled", "Cancellation"),
                                    ("declined", "Refusal"),
                                    ("reminder", "Reminder"),
                                    ("follow_up", "Follow-up after the visit"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "audience",
                            models.CharField(
                                choices=[("visitor", "The visitor"), ("team", "The team")],
                                default="visitor",
                                max_length=8,
                                verbose_name="sent to",
                            ),
                        ),
                        (
                            "language",
                            models.CharField(
                                blank=True,
                                help_text="Who reads this language gets this text. Empty: every language without its own.",
                                max_length=12,
                            ),
                        ),
                        ("subject", models.CharField(blank=True, help_text="Empty: our own subject.", max_length=200)),
                        (
                            "text",
                            models.TextField(help_text="Stands above the details of the appointment.", max_length=4000),
                        ),
                    ],
                    options={
                        "verbose_name": "message text",
                        "ordering": ["organization", "message", "audience", "language"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "message", "audience", "language"),
                                name="one_template_per_message_and_language",
                                violation_error_message="There is a text for this message, recipient and language already. Edit that one.",
                            )
                        ],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="Method",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="methods",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "name",
                            models.CharField(
                                help_text="The name by which the model calls it, such as order_status.",
                                max_length=48,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "\\A[a-z](?:_?[a-z0-9])*\\Z",
                                        "Use lower-case letters, digits and single underscores, starting with a letter, such as order_status.",
                                    )
                                ],
                            ),
                        ),
                        ("kind", models.CharField(max_length=20)),
                        ("enabled", models.BooleanField(default=True)),
                        (
                            "description",
                            models.CharField(
                                help_text="What it does, for the model. For example: Looks up the status of an order.",
                                max_length=1000,
                            ),
                        ),
                        (
                            "instruction",
                            models.TextField(
                                blank=True,
                                help_text="When and how the model should use it. For example: Ask for the order number first.",
                                max_length=4000,
                            ),
                        ),
                        (
                            "public_label",
                            models.CharField(
                                blank=True,
                                help_text="Shown to the visitor while it runs, such as Checking the order…",
                                max_length=60,
                                verbose_name="status text",
                            ),
                        ),
                        (
                            "parameters",
                            models.JSONField(
                                blank=True,
                                default=assistant.models.methods.method.no_parameters,
                                help_text="What the model has to provide, as JSON Schema.",
                            ),
                        ),
                        ("translations", models.JSONField(blank=True, default=dict, editable=False)),
                        (
                            "fixed",
                            models.JSONField(
                                blank=True, default=dict, help_text="Values that the model neither sees nor changes."
                            ),
                        ),
                        ("config", models.JSONField(blank=True, default=dict)),
                        ("secrets", models.JSONField(blank=True, default=dict, editable=False)),
                        (
                            "risk",
                            models.CharField(
                                choices=[
                                    ("read", "Reads only"),
                                    ("write", "Makes changes"),
                                    ("irreversible", "Makes irreversible changes"),
                                ],
                                default="write",
                                help_text="What a call can do. Irreversible: what cannot be undone, such as a payment.",
                                max_length=12,
                            ),
                        ),
                        (
                            "confirm",
                            models.CharField(
                                blank=True,
                                choices=[("", "Before irreversible changes"), ("always", "Always"), ("never", "Never")],
                                default="",
                                help_text="When the visitor has to confirm a call before it runs.",
                                max_length=8,
                                verbose_name="ask the visitor",
                            ),
                        ),
                        (
                            "per_visitor_per_day",
                            models.PositiveIntegerField(
                                default=20,
                                help_text="How often one visitor can use it in 24 hours.",
                                verbose_name="calls per visitor",
                            ),
                        ),
                        (
                            "per_day",
                            models.PositiveIntegerField(
                                default=1000,
                                help_text="How often all visitors together can use it in 24 hours.",
                                verbose_name="calls in total",
                            ),
                        ),
                        (
                            "per_network_per_day",
                            models.PositiveIntegerField(
                                blank=True,
                                help_text="How often all visitors of one network, such as an office or a home, can use it in 24 hours. Empty: a quarter of the total.",
                                null=True,
                                verbose_name="calls per network",
                            ),
                        ),
                        ("source", models.CharField(blank=True, editable=False, max_length=300)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                    ],
                    options={
                        "ordering": ["organization", "name"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "name"), name="method_name_once_per_organization"
                            )
                        ],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="Notice",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "conversation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="notices",
                                to="assistant.conversation",
                            ),
                        ),
                        (
                            "text",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="notices",
                                to="assistant.noticetext",
                            ),
                        ),
                        ("shown_at", models.DateTimeField(auto_now_add=True)),
                        ("agreed_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ["shown_at"],
                        "constraints": [
                            models.UniqueConstraint(fields=("conversation", "text"), name="notice_once_per_conversation")
                        ],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="NoticeText",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "assistant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="notice_texts",
                                to="assistant.assistant",
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(choices=[("disclosure", "Disclosure"), ("consent", "Consent")], max_length=10),
                        ),
                        ("language", models.CharField(max_length=12)),
                        ("version", models.PositiveIntegerField()),
                        ("text", models.TextField()),
                        ("since", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "ordering": ["assistant", "kind", "language", "version"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("assistant", "kind", "language", "version"), name="notice_text_once_per_version"
                            )
                        ],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="Notification",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="notifications",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "webhook",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="notifications",
                                to="assistant.teamwebhook",
                            ),
                        ),
                        (
                            "subscription",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="notifications",
                                to="assistant.pushsubscription",
                            ),
                        ),
                        (
                            "conversation",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="notifications",
                                to="assistant.conversation",
                            ),
                        ),
                        (
                            "event",
                            models.CharField(
                                choices=[
                                    ("waiting", "A visitor asks for a person"),
                                    ("message", "A visitor writes in a conversation of mine"),
                                    ("delivery", "An e-mail could not be delivered"),
                                    ("budget", "A limit is nearly reached"),
                                    ("provider", "A model provider has stopped answering"),
                                    ("question", "A question has no good answer"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("key", models.CharField(max_length=160, unique=True)),
                        ("seq", models.PositiveBigIntegerField(default=0)),
                        ("title", models.CharField(max_length=200)),
                        ("link", models.CharField(blank=True, max_length=300)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("queued", "Queued"),
                                    ("sent", "Sent"),
                                    ("withdrawn", "Withdrawn"),
                                    ("dead", "Failed"),
                                ],
                                default="queued",
                                max_length=10,
                            ),
                        ),
                        ("fence", models.PositiveIntegerField(default=0)),
                        ("leased_until", models.DateTimeField(blank=True, null=True)),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("next_attempt_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("last_error", models.CharField(blank=True, max_length=300)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("sent_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ["-created_at"],
                        "indexes": [
                            models.Index(fields=["state", "next_attempt_at"], name="assistant_n_state_9b43d1_idx"),
                            models.Index(fields=["created_at"], name="assistant_n_created_7dfcb0_idx"),
                        ],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="NotificationChoice",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="notification_choices",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "event",
                            models.CharField(
                                choices=[
                                    ("waiting", "A visitor asks for a person"),
                                    ("message", "A visitor writes in a conversation of mine"),
                                    ("delivery", "An e-mail could not be delivered"),
                                    ("budget", "A limit is nearly reached"),
                                    ("provider", "A model provider has stopped answering"),
                                    ("question", "A question has no good answer"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("in_page", models.BooleanField(default=False)),
                        ("email", models.BooleanField(default=False, verbose_name="e-mail")),
                        ("push", models.BooleanField(default=False, verbose_name="push")),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("user", "event"), name="one_choice_per_event")],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="OAuthClient",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="oauth_clients",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "provider",
                            models.CharField(
                                choices=[("google", "Google Calendar"), ("microsoft", "Microsoft 365")],
                                default="google",
                                max_length=10,
                            ),
                        ),
                        (
                            "client_id",
                            models.CharField(
                                help_text="Google calls it client ID, Microsoft application (client) ID.",
                                max_length=200,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[\\x21-\\x7e]+$", "A client ID has no spaces. Copy it from the provider's console."
                                    )
                                ],
                                verbose_name="client ID",
                            ),
                        ),
                        ("sealed_secret", models.TextField(blank=True, editable=False)),
                        (
                            "tenant",
                            models.CharField(
                                default="common",
                                help_text="Microsoft only: common for accounts of any organization, or the directory (tenant) ID of one.",
                                max_length=100,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$",
                                        "Enter common, or a directory (tenant) ID.",
                                    )
                                ],
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "verbose_name": "OAuth client",
                        "ordering": ["organization", "provider"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "provider"), name="one_oauth_client_per_provider"
                            )
                        ],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="Offering",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "service",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="offerings", to="assistant.service"
                            ),
                        ),
                        (
                            "calendar",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="offerings",
                                to="assistant.calendar",
                            ),
                        ),
                        (
                            "order",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="Calendars with lower numbers are listed first."
                            ),
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
                    ],
                    options={
                        "ordering": ["order", "calendar__name", "pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("service", "calendar"), name="one_offering_per_service_and_calendar"
                            )
                        ],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="OfficeClosure",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("first_day", models.DateField()),
                        ("last_day", models.DateField()),
                        ("reason", models.CharField(blank=True, max_length=120)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="closures",
                                to="assistant.organization",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["first_day"],
                        "abstract": False,
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="OfficeHours",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="office_hours",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "weekday",
                            models.PositiveSmallIntegerField(
                                choices=[
                                    (0, "Monday"),
                                    (1, "Tuesday"),
                                    (2, "Wednesday"),
                                    (3, "Thursday"),
                                    (4, "Friday"),
                                    (5, "Saturday"),
                                    (6, "Sunday"),
                                ]
                            ),
                        ),
                        ("opens", models.TimeField()),
                        ("closes", models.TimeField()),
                    ],
                    options={
                        "verbose_name_plural": "office hours",
                        "ordering": ["weekday", "opens"],
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="OpeningHours",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "calendar",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="hours", to="assistant.calendar"
                            ),
                        ),
                        (
                            "weekday",
                            models.PositiveSmallIntegerField(
                                choices=[
                                    (0, "Monday"),
                                    (1, "Tuesday"),
                                    (2, "Wednesday"),
                                    (3, "Thursday"),
                                    (4, "Friday"),
                                    (5, "Saturday"),
                                    (6, "Sunday"),
                                ]
                            ),
                        ),
                        ("opens", models.TimeField()),
                        ("closes", models.TimeField()),
                    ],
                    options={
                        "verbose_name_plural": "opening hours",
                        "ordering": ["weekday", "opens"],
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="Organization",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(max_length=120)),
                        (
                            "slug",
                            models.SlugField(
                                help_text="A short unique name for addresses, such as bright-smile.",
                                max_length=60,
                                unique=True,
                            ),
                        ),
                        ("website", models.URLField(blank=True)),
                        (
                            "team_email",
                            models.EmailField(
                                blank=True,
                                help_text="Where notices go, such as that a visitor asks for a person.",
                                max_length=254,
                                verbose_name="team e-mail",
                            ),
                        ),
                        (
                            "team_language",
                            models.CharField(
                                default="en",
                                help_text="Of the e-mails about appointments that go to the team.",
                                max_length=12,
                                verbose_name="team language",
                            ),
                        ),
                        (
                            "phone",
                            models.CharField(
                                blank=True,
                                help_text="Shown where visitors are asked to call, such as on the page of their appointment: +44 20 7946 0000.",
                                max_length=40,
                                verbose_name="phone number",
                            ),
                        ),
                        (
                            "timezone",
                            models.CharField(
                                default="UTC",
                                help_text="For the times that staff see, such as Europe/Berlin.",
                                max_length=60,
                                validators=[assistant.models.organizations.organization.validate_timezone],
                                verbose_name="time zone",
                            ),
                        ),
                        (
                            "allowed_origins",
                            models.TextField(
                                blank=True,
                                help_text="Sites that may show the widget, one origin per line, such as https://www.example.com.",
                                validators=[assistant.models.organizations.organization.validate_origins],
                                verbose_name="allowed sites",
                            ),
                        ),
                        (
                            "allow_any_origin",
                            models.BooleanField(
                                default=False,
                                help_text="Every site can show the widget. For trials only.",
                                verbose_name="allow any site",
                            ),
                        ),
                        (
                            "use_platform_providers",
                            models.CharField(
                                choices=[
                                    ("alone", "Only without a provider of its own"),
                                    ("fallback", "Also when its own providers fail"),
                                    ("never", "Never"),
                                ],
                                default="alone",
                                help_text="When the providers that are set up for all organizations answer for this one.",
                                max_length=8,
                                verbose_name="shared providers",
                            ),
                        ),
                        (
                            "keep_messages_days",
                            models.PositiveIntegerField(
                                blank=True,
                                help_text="Messages, summaries and notes are deleted this long after a conversation's last message, such as 90. Leave empty to keep them.",
                                null=True,
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(36500),
                                ],
                                verbose_name="keep messages for, in days",
                            ),
                        ),
                        (
                            "keep_visitors_days",
                            models.PositiveIntegerField(
                                blank=True,
                                help_text="Visitors are erased, with everything about them, this long after their last visit or appointment, such as 365. Leave empty to keep them.",
                                null=True,
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(36500),
                                ],
                                verbose_name="keep visitors for, in days",
                            ),
                        ),
                        (
                            "keep_ledger_days",
                            models.PositiveIntegerField(
                                blank=True,
                                help_text="Tool calls and e-mails of the outbox are deleted after this time, such as 180. Leave empty to keep them. Usage and costs stay as numbers.",
                                null=True,
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(36500),
                                ],
                                verbose_name="keep tool calls and e-mails for, in days",
                            ),
                        ),
                        (
                            "close_after_hours",
                            models.PositiveSmallIntegerField(
                                default=168,
                                help_text="A conversation with the assistant is closed this long after its last message, with a summary for your team. The visitor's next message begins a new one. 0: never.",
                                validators=[django.core.validators.MaxValueValidator(8760)],
                                verbose_name="close conversations after, in hours",
                            ),
                        ),
                        (
                            "visitors_manage_data",
                            models.BooleanField(
                                default=False,
                                help_text="The chat's menu has “Your data”. A download has what a visitor said, booked and was sent, but not your team's notes. Erasing deletes the notes too, and cancels appointments to come. Nobody on your team is asked.",
                                verbose_name="visitors can download and erase their data",
                            ),
                        ),
                        (
                            "require_two_factor",
                            models.BooleanField(
                                default=False,
                                help_text="Members without it are asked to set it up when they log in, and can do nothing else before.",
                                verbose_name="require two-factor authentication",
                            ),
                        ),
                        ("active", models.BooleanField(default=True, help_text="Off: widgets and API access are disabled.")),
                        ("revision", models.PositiveBigIntegerField(default=1, editable=False)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "ordering": ["name"],
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="OutsideCalendar",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="outside_calendars",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "calendar",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="outside", to="assistant.calendar"
                            ),
                        ),
                        (
                            "name",
                            models.CharField(help_text="What staff call it, such as Mira's own calendar.", max_length=80),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("ics", "iCalendar address (read only)"),
                                    ("caldav", "CalDAV"),
                                    ("google", "Google Calendar"),
                                    ("microsoft", "Microsoft 365"),
                                ],
                                default="ics",
                                max_length=10,
                            ),
                        ),
                        (
                            "enabled",
                            models.BooleanField(
                                default=True, help_text="Off: it is neither read nor written, and blocks nothing."
                            ),
                        ),
                        (
                            "reads_busy",
                            models.BooleanField(
                                default=True,
                                help_text="Times that are busy there cannot be booked here.",
                                verbose_name="block its busy times",
                            ),
                        ),
                        (
                            "writes_bookings",
                            models.BooleanField(
                                default=False,
                                help_text="Not with an iCalendar address. They are moved and removed there as they are here.",
                                verbose_name="enter bookings there",
                            ),
                        ),
                        (
                            "account",
                            models.ForeignKey(
                                blank=True,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.RESTRICT,
                                related_name="outside_calendars",
                                to="assistant.calendaraccount",
                            ),
                        ),
                        ("remote_id", models.CharField(blank=True, editable=False, max_length=500)),
                        ("username", models.CharField(blank=True, max_length=200, verbose_name="user name")),
                        ("origin", models.CharField(blank=True, editable=False, max_length=300, verbose_name="server")),
                        ("sealed_address", models.TextField(blank=True, editable=False)),
                        ("sealed_password", models.TextField(blank=True, editable=False)),
                        ("etag", models.CharField(blank=True, editable=False, max_length=200)),
                        ("last_modified", models.CharField(blank=True, editable=False, max_length=60)),
                        ("sync_token", models.TextField(blank=True, editable=False)),
                        ("full_at", models.DateTimeField(blank=True, editable=False, null=True)),
                        ("fence", models.PositiveIntegerField(default=0, editable=False)),
                        ("leased_until", models.DateTimeField(blank=True, editable=False, null=True)),
                        ("failures", models.PositiveIntegerField(default=0, editable=False)),
                        (
                            "next_read_at",
                            models.DateTimeField(
                                default=django.utils.timezone.now, editable=False, verbose_name="next check"
                            ),
                        ),
                        ("tried_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last check")),
                        (
                            "read_at",
                            models.DateTimeField(
                                blank=True, editable=False, null=True, verbose_name="last successful check"
                            ),
                        ),
                        ("last_error", models.CharField(blank=True, editable=False, max_length=300)),
                        ("note", models.CharField(blank=True, editable=False, max_length=300)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "ordering": ["organization", "calendar", "name"],
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="OutsideEntry",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "outside",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="entries",
                                to="assistant.outsidecalendar",
                            ),
                        ),
                        (
                            "appointment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="outside_entries",
                                to="assistant.appointment",
                            ),
                        ),
                        ("wanted", models.PositiveIntegerField(default=0)),
                        ("written", models.PositiveIntegerField(default=0)),
                        ("fence", models.PositiveIntegerField(default=0)),
                        ("leased_until", models.DateTimeField(blank=True, null=True)),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("next_attempt_at", models.DateTimeField(default=django.utils.timezone.now, null=True)),
                        ("last_error", models.CharField(blank=True, max_length=300)),
                    ],
                    options={
                        "verbose_name_plural": "outside entries",
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("outside", "appointment"), name="entry_once_per_outside_calendar"
                            )
                        ],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="Passage",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "document",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="passages", to="assistant.document"
                            ),
                        ),
                        ("position", models.PositiveIntegerField()),
                        ("title", models.CharField(blank=True, max_length=300)),
                        ("text", models.TextField()),
                        ("words", models.TextField()),
                    ],
                    options={
                        "ordering": ["document", "position"],
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="PassageVector",
                    fields=[
                        (
                            "passage",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="vector",
                                serialize=False,
                                to="assistant.passage",
                            ),
                        ),
                        ("model", models.CharField(max_length=200)),
                        ("dimension", models.PositiveIntegerField()),
                        ("numbers", models.BinaryField()),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["model", "dimension", "passage"], name="assistant_p_model_d5923a_idx")
                        ],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="Picture",
                    fields=[
                        ("id", models.CharField(editable=False, max_length=40, primary_key=True, serialize=False)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="pictures",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "assistant",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="assistant.assistant",
                            ),
                        ),
                        ("data", models.BinaryField()),
                        ("type", models.CharField(max_length=20)),
                        ("width", models.PositiveSmallIntegerField()),
                        ("height", models.PositiveSmallIntegerField()),
                        ("at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "ordering": ["organization", "at"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("assistant", None)),
                                fields=("organization",),
                                name="one_logo_per_organization",
                            )
                        ],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="Price",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "organization",
                            models.ForeignKey(
                                blank=True,
                                help_text="Empty: for all.",
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="prices",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "model",
                            models.CharField(
                                help_text="A model's id, or the beginning of several ids followed by *.", max_length=200
                            ),
                        ),
                        (
                            "prompt",
                            models.DecimalField(
                                decimal_places=6, max_digits=12, validators=[django.core.validators.MinValueValidator(0)]
                            ),
                        ),
                        (
                            "completion",
                            models.DecimalField(
                                decimal_places=6, max_digits=12, validators=[django.core.validators.MinValueValidator(0)]
                            ),
                        ),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                    ],
                    options={
                        "ordering": ["model"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "model"), name="price_once_per_organization_and_model"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("organization", None)),
                                fields=("model",),
                                name="price_once_per_model_for_all",
                            ),
                        ],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="PromptDraft",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "assistant",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE, related_name="draft", to="assistant.assistant"
                            ),
                        ),
                        ("instructions", models.TextField(blank=True, max_length=20000)),
                        ("knowledge", models.TextField(blank=True, max_length=60000)),
                        ("greeting", models.CharField(max_length=300)),
                        ("based_on", models.PositiveIntegerField(default=0)),
                        ("edits", models.PositiveIntegerField(default=1)),
                        (
                            "by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("at", models.DateTimeField(auto_now=True)),
                    ],
                    options={
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="PromptVersion",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "assistant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="prompt_versions",
                                to="assistant.assistant",
                            ),
                        ),
                        ("number", models.PositiveIntegerField()),
                        ("instructions", models.TextField(blank=True)),
                        ("knowledge", models.TextField(blank=True)),
                        ("greeting", models.CharField(blank=True, max_length=300)),
                        (
                            "by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("restores", models.PositiveIntegerField(blank=True, null=True)),
                        ("at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "ordering": ["assistant", "-number"],
                        "constraints": [
                            models.UniqueConstraint(fields=("assistant", "number"), name="prompt_version_once_per_number")
                        ],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="Provider",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="providers",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "name",
                            models.CharField(
                                help_text="What staff see in lists and statistics, for example OpenAI Berlin.", max_length=60
                            ),
                        ),
                        (
                            "preset",
                            models.CharField(
                                blank=True,
                                help_text="The kind of server. It fills in the fields that you leave empty.",
                                max_length=40,
                            ),
                        ),
                        (
                            "base_url",
                            models.CharField(
                                blank=True,
                                help_text="For example https://api.example.com/v1. Empty: the preset's address. For another server, enter the key again.",
                                max_length=500,
                                validators=[assistant.models.providers.provider.validate_server_url],
                                verbose_name="base URL",
                            ),
                        ),
                        (
                            "api_version",
                            models.CharField(
                                blank=True,
                                help_text="For Azure OpenAI only, for example 2024-10-21.",
                                max_length=40,
                                verbose_name="API version",
                            ),
                        ),
                        (
                            "auth",
                            models.CharField(
                                blank=True,
                                help_text="How the key is sent: bearer, header:<name> such as header:X-Api-Key, or none. Empty: as the preset does.",
                                max_length=80,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "\\A(?:bearer|none|header:[A-Za-z0-9!#$%&'*+.^_`|~-]{1,60})\\Z",
                                        "Use bearer, none or header:<name>, for example header:X-Api-Key.",
                                    )
                                ],
                                verbose_name="authentication",
                            ),
                        ),
                        ("operator_origin", models.CharField(blank=True, editable=False, max_length=300)),
                        ("sealed_key", models.TextField(blank=True, editable=False)),
                        ("key_origin", models.CharField(blank=True, editable=False, max_length=300)),
                        ("key_hint", models.CharField(blank=True, editable=False, max_length=4)),
                        ("key_set_at", models.DateTimeField(blank=True, editable=False, null=True)),
                        (
                            "headers",
                            models.JSONField(
                                blank=True,
                                default=dict,
                                help_text='Sent with every request, as a JSON object: {"X-Team": "support"}. Credentials go in the key field.',
                                validators=[assistant.models.providers.provider.validate_headers],
                                verbose_name="extra headers",
                            ),
                        ),
                        (
                            "smart",
                            models.CharField(
                                blank=True,
                                help_text="Answers visitors and calls tools, for example gpt-5.4. Empty: the preset's model.",
                                max_length=200,
                                verbose_name="model for replies",
                            ),
                        ),
                        (
                            "fast",
                            models.CharField(
                                blank=True,
                                help_text="Writes titles and summaries, for example gpt-5.4-mini. Empty: the preset's, or the model for replies.",
                                max_length=200,
                                verbose_name="model for quick tasks",
                            ),
                        ),
                        (
                            "realtime",
                            models.CharField(
                                blank=True,
                                help_text="For example gpt-realtime-2. Only OpenAI and Azure OpenAI offer voice.",
                                max_length=200,
                                verbose_name="model for voice",
                            ),
                        ),
                        (
                            "fallback_model",
                            models.CharField(
                                blank=True,
                                help_text="Answers when the model for replies fails, for example gpt-5.4-mini.",
                                max_length=200,
                            ),
                        ),
                        (
                            "temperature",
                            models.FloatField(
                                blank=True,
                                help_text="From 0 (predictable) to 2 (varied), for example 0.5. Empty: the server's default. An assistant's own setting takes precedence.",
                                null=True,
                                validators=[
                                    django.core.validators.MinValueValidator(0),
                                    django.core.validators.MaxValueValidator(2),
                                ],
                            ),
                        ),
                        (
                            "max_output_tokens",
                            models.PositiveIntegerField(
                                blank=True,
                                help_text="Empty: 1024, about 750 English words. An assistant's own setting takes precedence.",
                                null=True,
                                validators=[
                                    django.core.validators.MinValueValidator(16),
                                    django.core.validators.MaxValueValidator(128000),
                                ],
                                verbose_name="longest answer, in tokens",
                            ),
                        ),
                        (
                            "reasoning_effort",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("", "The model's default"),
                                    ("minimal", "Minimal"),
                                    ("low", "Low"),
                                    ("medium", "Medium"),
                                    ("high", "High"),
                                ],
                                help_text="How much a thinking model thinks before it answers. Less is faster and cheaper.",
                                max_length=10,
                            ),
                        ),
                        (
                            "timeout_seconds",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                help_text="After this time without a word, another provider is asked, for example 60. Empty: 20, or 90 for a server in your own network and for a model that thinks first.",
                                null=True,
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(600),
                                ],
                                verbose_name="longest silence, in seconds",
                            ),
                        ),
                        (
                            "weight",
                            models.PositiveSmallIntegerField(
                                default=1,
                                help_text="Its share of the conversations: weights of 3 and 1 mean three quarters and one quarter. 0: used only when the others fail.",
                                validators=[django.core.validators.MaxValueValidator(1000)],
                            ),
                        ),
                        ("enabled", models.BooleanField(default=True, help_text="Off: this provider is not used.")),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                    ],
                    options={
                        "ordering": ["organization", "name"],
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "name"), name="provider_once_per_name")
                        ],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="ProviderHealth",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("key", models.CharField(max_length=80)),
                        ("model", models.CharField(blank=True, max_length=200)),
                        (
                            "provider",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="health",
                                to="assistant.provider",
                            ),
                        ),
                        ("name", models.CharField(max_length=120)),
                        ("failures", models.PositiveIntegerField(default=0)),
                        ("openings", models.PositiveIntegerField(default=0)),
                        ("cause", models.CharField(blank=True, max_length=30)),
                        ("failed_at", models.DateTimeField(blank=True, null=True)),
                        ("open_until", models.DateTimeField(blank=True, null=True)),
                        ("probe_until", models.DateTimeField(blank=True, null=True)),
                        ("successes", models.PositiveSmallIntegerField(default=0)),
                        ("capabilities", models.JSONField(blank=True, default=dict)),
                        ("origins", models.JSONField(blank=True, default=dict)),
                        ("measured_at", models.DateTimeField(blank=True, null=True)),
                        ("measure_after", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "verbose_name_plural": "provider health",
                        "ordering": ["name", "model"],
                        "constraints": [
                            models.UniqueConstraint(fields=("key", "model"), name="health_once_per_key_and_model")
                        ],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="PushKey",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("public_key", models.CharField(max_length=100, unique=True)),
                        ("sealed_private_key", models.TextField()),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "ordering": ["-pk"],
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="PushSubscription",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="push_subscriptions",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "key",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="subscriptions",
                                to="assistant.pushkey",
                            ),
                        ),
                        ("digest", models.CharField(max_length=64, unique=True)),
                        ("origin", models.CharField(max_length=300)),
                        ("sealed_address", models.TextField()),
                        ("sealed_keys", models.TextField()),
                        ("browser", models.CharField(max_length=80)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("sent_at", models.DateTimeField(blank=True, null=True)),
                        ("last_error", models.CharField(blank=True, max_length=300)),
                    ],
                    options={
                        "ordering": ["created_at"],
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="Question",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="questions",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "conversation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="questions",
                                to="assistant.conversation",
                            ),
                        ),
                        ("key", models.CharField(editable=False, max_length=64)),
                        (
                            "message",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="assistant.message",
                            ),
                        ),
                        ("text", models.CharField(max_length=300, verbose_name="question")),
                        (
                            "reason",
                            models.CharField(
                                choices=[
                                    ("not_found", "Nothing found"),
                                    ("unsure", "The assistant did not know"),
                                    ("disliked", "Rated unhelpful"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[("open", "Open"), ("answered", "Answered"), ("dismissed", "Dismissed")],
                                db_index=True,
                                default="open",
                                max_length=10,
                            ),
                        ),
                        ("times", models.PositiveIntegerField(default=1, verbose_name="times asked")),
                        (
                            "document",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="questions",
                                to="assistant.document",
                            ),
                        ),
                        ("version", models.PositiveIntegerField(blank=True, null=True, verbose_name="prompt version")),
                        (
                            "closed_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        ("first_at", models.DateTimeField(verbose_name="first asked")),
                        ("last_at", models.DateTimeField(verbose_name="last asked")),
                    ],
                    options={
                        "verbose_name": "unanswered question",
                        "ordering": ["-times", "-last_at"],
                        "indexes": [
                            models.Index(fields=["-times", "-last_at"], name="assistant_q_times_16621d_idx"),
                            models.Index(
                                fields=["organization", "-times", "-last_at"], name="assistant_q_organiz_a481f1_idx"
                            ),
                            models.Index(fields=["state", "organization"], name="assistant_q_state_c3771f_idx"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("organization", "key"), name="question_once_per_organization")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RefusedOrigin",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "assistant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="refused_origins",
                                to="assistant.assistant",
                            ),
                        ),
                        ("origin", models.CharField(max_length=200)),
                        ("ignored", models.BooleanField(default=False)),
                        ("first_at", models.DateTimeField(auto_now_add=True)),
                        ("last_at", models.DateTimeField()),
                    ],
                    options={
                        "ordering": ["-last_at"],
                        "constraints": [
                            models.UniqueConstraint(fields=("assistant", "origin"), name="refused_origin_once_per_assistant")
                        ],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="Removal",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="removals",
                                to="assistant.organization",
                            ),
                        ),
                        ("visitor", models.UUIDField(blank=True, null=True, unique=True)),
                        (
                            "reason",
                            models.CharField(
                                choices=[
                                    ("request", "Visitor erased by staff"),
                                    ("visitor", "Erased by the visitor"),
                                    ("server", "Erased by the organization's server"),
                                    ("expired", "Visitor not seen for as long as visitors are kept"),
                                    ("retention", "Older than messages or the ledger are kept"),
                                ],
                                max_length=9,
                            ),
                        ),
                        (
                            "by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("counts", models.JSONField(default=dict)),
                        ("pending", models.JSONField(default=dict, editable=False)),
                        ("at", models.DateTimeField(auto_now_add=True)),
                        ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                    ],
                    options={
                        "verbose_name": "removal",
                        "verbose_name_plural": "removed data",
                        "ordering": ["-at"],
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="Replay",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="replays",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "conversation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="replays",
                                to="assistant.conversation",
                            ),
                        ),
                        (
                            "by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "message",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="assistant.message",
                            ),
                        ),
                        ("texts", models.JSONField(blank=True, default=dict)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("queued", "Waiting"),
                                    ("running", "Running"),
                                    ("done", "Done"),
                                    ("failed", "Failed"),
                                ],
                                db_index=True,
                                default="queued",
                                max_length=8,
                            ),
                        ),
                        ("results", models.JSONField(blank=True, default=list)),
                        ("total", models.PositiveSmallIntegerField(default=0)),
                        ("problem", models.CharField(blank=True, max_length=300)),
                        ("fence", models.PositiveIntegerField(default=0)),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("leased_until", models.DateTimeField(blank=True, null=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ["-created_at"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state__in", ["queued", "running"])),
                                fields=("conversation",),
                                name="one_open_replay_per_conversation",
                            )
                        ],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="Rotation",
                    fields=[
                        ("key", models.CharField(max_length=80, primary_key=True, serialize=False)),
                        ("number", models.PositiveBigIntegerField(default=0)),
                    ],
                    options={
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="Service",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="services",
                                to="assistant.organization",
                            ),
                        ),
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
                            models.BooleanField(
                                default=True, help_text="Whether it can be booked. Existing appointments stay."
                            ),
                        ),
                        (
                            "colour",
                            models.CharField(
                                default="#0f766e",
                                help_text="Its colour in the calendar.",
                                max_length=7,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^#[0-9a-fA-F]{6}$", "Enter a colour such as #0f766e."
                                    )
                                ],
                            ),
                        ),
                        (
                            "order",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="Services with lower numbers are listed first."
                            ),
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
                            models.CharField(
                                blank=True, help_text="As visitors read it, such as £45 or from £45.", max_length=60
                            ),
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
                            "ask_phone",
                            models.CharField(
                                choices=[("no", "Not asked"), ("optional", "Optional"), ("required", "Required")],
                                default="no",
                                help_text="Whether visitors are asked for it when they book. Their name and e-mail address always are.",
                                max_length=10,
                                verbose_name="phone number",
                            ),
                        ),
                        (
                            "ask_notes",
                            models.CharField(
                                choices=[("no", "Not asked"), ("optional", "Optional"), ("required", "Required")],
                                default="no",
                                help_text="Whether visitors are asked what else the team should know.",
                                max_length=10,
                                verbose_name="notes",
                            ),
                        ),
                        (
                            "reminder_hours",
                            models.CharField(
                                blank=True,
                                default="24",
                                help_text="24, 2 reminds the visitor a day and two hours before it starts. Leave empty for no reminder.",
                                max_length=40,
                                validators=[assistant.models.booking.services.validate_reminder_hours],
                                verbose_name="reminders, hours before",
                            ),
                        ),
                        ("remind_team", models.BooleanField(default=False, verbose_name="remind the team as well")),
                        (
                            "follow_up_hours",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                help_text="How long after its end the visitor is asked how it was. Leave empty to ask nobody.",
                                null=True,
                                validators=[django.core.validators.MaxValueValidator(720)],
                                verbose_name="ask for feedback, hours after",
                            ),
                        ),
                        (
                            "calendars",
                            models.ManyToManyField(
                                related_name="services", through="assistant.Offering", to="assistant.calendar"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["organization", "order", "name"],
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="SpecialHours",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "calendar",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="special_hours",
                                to="assistant.calendar",
                            ),
                        ),
                        ("first_day", models.DateField()),
                        ("last_day", models.DateField()),
                        ("opens", models.TimeField()),
                        ("closes", models.TimeField()),
                        ("reason", models.CharField(blank=True, max_length=120)),
                    ],
                    options={
                        "verbose_name_plural": "special hours",
                        "ordering": ["first_day", "opens"],
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="Spending",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="spendings",
                                to="assistant.organization",
                            ),
                        ),
                        ("scope", models.CharField(max_length=12)),
                        ("subject", models.CharField(blank=True, max_length=64)),
                        ("period", models.CharField(max_length=16)),
                        ("tokens", models.BigIntegerField(default=0)),
                        ("micros", models.BigIntegerField(default=0)),
                        ("requests", models.PositiveIntegerField(default=0)),
                        ("warned", models.BooleanField(default=False)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "indexes": [models.Index(fields=["created_at"], name="assistant_s_created_300b82_idx")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "scope", "subject", "period"), name="spending_once_per_period"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Tag",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="tags", to="assistant.organization"
                            ),
                        ),
                        ("name", models.CharField(help_text="One or two words, such as refund.", max_length=40)),
                        (
                            "conversations",
                            models.ManyToManyField(blank=True, related_name="tags", to="assistant.conversation"),
                        ),
                    ],
                    options={
                        "ordering": ["name"],
                        "constraints": [models.UniqueConstraint(fields=("organization", "name"), name="one_tag_per_name")],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="TeamWebhook",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="team_webhooks",
                                to="assistant.organization",
                            ),
                        ),
                        ("name", models.CharField(help_text="What staff call it, such as #reception.", max_length=80)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("slack", "Slack, Mattermost, Rocket.Chat: a message"),
                                    ("json", "Anything else: JSON with the event"),
                                ],
                                default="slack",
                                max_length=10,
                            ),
                        ),
                        ("enabled", models.BooleanField(default=True)),
                        ("events", models.JSONField(blank=True, default=list)),
                        ("origin", models.CharField(blank=True, editable=False, max_length=300, verbose_name="server")),
                        ("sealed_address", models.TextField(blank=True, editable=False)),
                        ("sealed_secret", models.TextField(blank=True, editable=False)),
                        ("last_error", models.CharField(blank=True, editable=False, max_length=300)),
                    ],
                    options={
                        "verbose_name": "webhook",
                        "ordering": ["organization", "name"],
                        "indexes": [],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="ToolCall",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="tool_calls",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "conversation",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="tool_calls",
                                to="assistant.conversation",
                            ),
                        ),
                        (
                            "turn",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="tool_calls",
                                to="assistant.turn",
                            ),
                        ),
                        (
                            "method",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="calls",
                                to="assistant.method",
                            ),
                        ),
                        ("name", models.CharField(max_length=64)),
                        ("model_call_id", models.CharField(blank=True, max_length=120)),
                        ("opaque", models.JSONField(blank=True, default=dict, editable=False)),
                        ("round", models.PositiveSmallIntegerField(default=0)),
                        ("ordinal", models.PositiveSmallIntegerField(default=0)),
                        (
                            "initiator",
                            models.CharField(
                                choices=[("model", "Model"), ("visitor", "Visitor"), ("staff", "Staff")],
                                default="model",
                                max_length=8,
                            ),
                        ),
                        ("dry_run", models.BooleanField(default=False)),
                        (
                            "risk",
                            models.CharField(
                                choices=[
                                    ("read", "Reads only"),
                                    ("write", "Makes changes"),
                                    ("irreversible", "Makes irreversible changes"),
                                ],
                                default="read",
                                max_length=12,
                            ),
                        ),
                        ("arguments", models.JSONField(default=dict)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("pending", "Pending"),
                                    ("waiting", "Waiting for the visitor"),
                                    ("sent", "In progress"),
                                    ("done", "Done"),
                                    ("failed", "Failed"),
                                    ("refused", "Refused"),
                                    ("unknown", "Outcome unknown"),
                                ],
                                db_index=True,
                                default="pending",
                                max_length=8,
                            ),
                        ),
                        ("result", models.TextField(blank=True)),
                        ("sources", models.JSONField(blank=True, default=list)),
                        ("code", models.CharField(blank=True, max_length=40)),
                        ("receipt", models.CharField(blank=True, max_length=40)),
                        ("idempotency_key", models.CharField(max_length=64, unique=True)),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                        ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="started")),
                        ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                    ],
                    options={
                        "ordering": ["created_at", "round", "ordinal"],
                        "indexes": [
                            models.Index(fields=["created_at"], name="assistant_t_created_f2b273_idx"),
                            models.Index(fields=["organization", "created_at"], name="assistant_t_organiz_50172e_idx"),
                            models.Index(fields=["method", "created_at"], name="assistant_t_method__95f910_idx"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("turn", "round", "ordinal"), name="call_once_per_place")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Turn",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "conversation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="turns",
                                to="assistant.conversation",
                            ),
                        ),
                        (
                            "message",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="turns", to="assistant.message"
                            ),
                        ),
                        (
                            "opening_call",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="assistant.toolcall",
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("queued", "Queued"),
                                    ("running", "Running"),
                                    ("done", "Done"),
                                    ("stopped", "Stopped"),
                                    ("failed", "Failed"),
                                ],
                                db_index=True,
                                default="queued",
                                max_length=10,
                            ),
                        ),
                        ("fence", models.PositiveIntegerField(default=0)),
                        ("leased_until", models.DateTimeField(blank=True, null=True)),
                        ("deadline_at", models.DateTimeField()),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("stop_requested_at", models.DateTimeField(blank=True, null=True)),
                        ("code", models.CharField(blank=True, max_length=40)),
                        ("detail", models.TextField(blank=True)),
                        ("retryable", models.BooleanField(default=False)),
                        ("provider", models.CharField(blank=True, max_length=120)),
                        ("model", models.CharField(blank=True, max_length=200)),
                        ("rounds", models.PositiveSmallIntegerField(default=0)),
                        ("prompt_tokens", models.PositiveIntegerField(default=0)),
                        ("completion_tokens", models.PositiveIntegerField(default=0)),
                        ("first_token_ms", models.PositiveIntegerField(blank=True, null=True)),
                        ("total_ms", models.PositiveIntegerField(blank=True, null=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("started_at", models.DateTimeField(blank=True, null=True)),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ["created_at"],
                        "indexes": [
                            models.Index(fields=["state", "leased_until"], name="assistant_t_state_273e34_idx"),
                            models.Index(fields=["state", "ended_at"], name="assistant_t_state_69ab84_idx"),
                            models.Index(
                                condition=models.Q(("opening_call__isnull", False)),
                                fields=["opening_call"],
                                name="turn_by_opening_call",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "running")),
                                fields=("conversation",),
                                name="one_running_turn_per_conversation",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Usage",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="usages",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "assistant",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="usages",
                                to="assistant.assistant",
                            ),
                        ),
                        (
                            "conversation",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="usages",
                                to="assistant.conversation",
                            ),
                        ),
                        (
                            "turn",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="usages",
                                to="assistant.turn",
                            ),
                        ),
                        (
                            "provider",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="usages",
                                to="assistant.provider",
                            ),
                        ),
                        ("provider_name", models.CharField(blank=True, max_length=120)),
                        (
                            "source",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("organization", "The organization's provider"),
                                    ("platform", "The platform's provider"),
                                    ("demo", "The demonstration model"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("health_key", models.CharField(blank=True, max_length=80)),
                        ("model", models.CharField(blank=True, max_length=200)),
                        ("task", models.CharField(max_length=10)),
                        ("reserved", models.BooleanField(default=False)),
                        ("cause", models.CharField(blank=True, max_length=30)),
                        ("prompt_tokens", models.PositiveIntegerField(default=0)),
                        ("completion_tokens", models.PositiveIntegerField(default=0)),
                        (
                            "tokens_are",
                            models.CharField(
                                choices=[("exact", "Exact"), ("estimated", "Estimated"), ("unknown", "Unknown")],
                                default="unknown",
                                max_length=9,
                            ),
                        ),
                        ("prompt_price", models.DecimalField(blank=True, decimal_places=6, max_digits=12, null=True)),
                        ("completion_price", models.DecimalField(blank=True, decimal_places=6, max_digits=12, null=True)),
                        ("micros", models.BigIntegerField(blank=True, null=True)),
                        (
                            "cost_is",
                            models.CharField(
                                choices=[("exact", "Exact"), ("estimated", "Estimated"), ("unknown", "Unknown")],
                                default="unknown",
                                max_length=9,
                            ),
                        ),
                        ("first_token_ms", models.PositiveIntegerField(blank=True, null=True)),
                        ("total_ms", models.PositiveIntegerField(blank=True, null=True)),
                        ("at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "verbose_name_plural": "usage",
                        "ordering": ["-at"],
                        "indexes": [
                            models.Index(fields=["at"], name="assistant_u_at_4598cb_idx"),
                            models.Index(fields=["organization", "-at"], name="assistant_u_organiz_001ea8_idx"),
                            models.Index(fields=["conversation", "-at"], name="assistant_u_convers_ca116b_idx"),
                            models.Index(fields=["health_key", "-at"], name="assistant_u_health__01ecee_idx"),
                            models.Index(fields=["provider", "at"], name="assistant_u_provide_763b44_idx"),
                        ],
                        "constraints": [],
                    },
                ),
                migrations.CreateModel(
                    name="Visitor",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="visitors",
                                to="assistant.organization",
                            ),
                        ),
                        ("external_id", models.CharField(blank=True, max_length=255, null=True, verbose_name="user ID")),
                        ("identified_at", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                        ("name", models.CharField(blank=True, max_length=120)),
                        ("name_verified_at", models.DateTimeField(blank=True, null=True, verbose_name="name verified")),
                        ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                        ("email_verified_at", models.DateTimeField(blank=True, null=True, verbose_name="e-mail verified")),
                        ("phone", models.CharField(blank=True, max_length=40)),
                        ("locale", models.CharField(blank=True, max_length=12, verbose_name="language")),
                        ("timezone", models.CharField(blank=True, max_length=60, verbose_name="time zone")),
                        ("attributes", models.JSONField(blank=True, default=dict, editable=False)),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="first seen")),
                        ("last_seen_at", models.DateTimeField(auto_now_add=True, verbose_name="last seen")),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["last_seen_at"], name="assistant_v_last_se_ed7828_idx"),
                            models.Index(fields=["organization", "last_seen_at"], name="assistant_v_organiz_5e7950_idx"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "external_id"), name="visitor_once_per_external_id"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="VisitorAttribute",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="visitor_attributes",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "name",
                            models.CharField(
                                help_text="What pages and tokens call it, such as plan.",
                                max_length=40,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "\\A[a-z][a-z0-9_]{0,39}\\Z",
                                        "Use lower-case letters, digits and underscores, starting with a letter, such as plan.",
                                    )
                                ],
                            ),
                        ),
                        (
                            "label",
                            models.CharField(
                                help_text="What staff read, and the model if it is told, such as Plan.", max_length=60
                            ),
                        ),
                        (
                            "type",
                            models.CharField(
                                choices=[
                                    ("text", "Text"),
                                    ("number", "Number"),
                                    ("boolean", "Yes or no"),
                                    ("date", "Date (2030-01-31)"),
                                ],
                                default="text",
                                max_length=7,
                            ),
                        ),
                        (
                            "in_prompt",
                            models.BooleanField(
                                default=False,
                                help_text="The model reads it with every message, and a visitor can make the model repeat it.",
                                verbose_name="tell the model",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["organization", "name"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "name"), name="attribute_name_once_per_organization"
                            )
                        ],
                        "indexes": [],
                    },
                ),
                migrations.CreateModel(
                    name="VoiceCall",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="voice_calls",
                                to="assistant.organization",
                            ),
                        ),
                        (
                            "conversation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="voice_calls",
                                to="assistant.conversation",
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[("offered", "Key issued"), ("active", "In progress"), ("ended", "Ended")],
                                default="offered",
                                max_length=7,
                            ),
                        ),
                        (
                            "reason",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("visitor", "The visitor ended it"),
                                    ("limit", "The time limit"),
                                    ("network", "The connection was lost"),
                                    ("staff", "A person took over"),
                                    ("replaced", "The visitor began another call"),
                                    ("not_begun", "No call was reported"),
                                ],
                                max_length=9,
                            ),
                        ),
                        ("model", models.CharField(max_length=200)),
                        ("health_key", models.CharField(max_length=80)),
                        (
                            "provider",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="assistant.provider",
                            ),
                        ),
                        ("provider_name", models.CharField(max_length=120)),
                        ("source", models.CharField(max_length=12)),
                        ("provider_call", models.CharField(blank=True, max_length=120)),
                        ("seconds", models.PositiveIntegerField()),
                        (
                            "usage",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="assistant.usage",
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("started_at", models.DateTimeField(blank=True, null=True)),
                        ("ends_at", models.DateTimeField(blank=True, null=True)),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                        ("hung_up_at", models.DateTimeField(blank=True, null=True)),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("next_attempt_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ["-created_at"],
                        "indexes": [
                            models.Index(fields=["state", "ends_at"], name="assistant_v_state_2005d7_idx"),
                            models.Index(
                                condition=models.Q(("next_attempt_at__isnull", False)),
                                fields=["next_attempt_at"],
                                name="call_to_hang_up",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "ended"), _negated=True),
                                fields=("conversation",),
                                name="one_voice_call_per_conversation",
                            )
                        ],
                    },
                ),
            ]
        ),
        migrations.RunPython(overlaps.add, overlaps.remove),
        migrations.RunPython(sessions.replace_constraint, sessions.restore_constraint),
        migrations.RunPython(passage_index.add, passage_index.remove),
    ]
