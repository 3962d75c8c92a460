"""All migrations up to 0017, as one for a new database: making their models step by step takes three times as long.

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

import assistant.models.booking
import assistant.models.methods.method
import assistant.models.organizations.assistant
import assistant.models.organizations.organization
import assistant.models.providers.provider

overlaps = import_module("assistant.migrations.0002_no_overlapping_appointments")
passage_index = import_module("assistant.migrations.0003_passage_index")


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
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Assistant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                ("translations", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "accent",
                    models.CharField(
                        default="#0f766e",
                        max_length=7,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A#[0-9a-fA-F]{6}\\Z", "Enter a colour as # and six hexadecimal digits, such as #0f766e."
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
                        help_text="Used where the page sets no language. A code such as en or de.",
                        max_length=12,
                        verbose_name="language",
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
                ("seen_at", models.DateTimeField(editable=False, null=True)),
                ("seen_origin", models.CharField(blank=True, editable=False, max_length=300)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ["organization", "name"],
            },
        ),
        migrations.CreateModel(
            name="Calendar",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                        help_text="Where appointments take place, such as 14 Harbour Lane. Shown in the invitation.",
                        max_length=200,
                    ),
                ),
                (
                    "slot_minutes",
                    models.PositiveIntegerField(
                        default=30,
                        help_text="How long an appointment takes.",
                        validators=[
                            django.core.validators.MinValueValidator(5),
                            django.core.validators.MaxValueValidator(720),
                        ],
                        verbose_name="length in minutes",
                    ),
                ),
                (
                    "buffer_minutes",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Kept free after each appointment.",
                        validators=[django.core.validators.MaxValueValidator(240)],
                        verbose_name="break in minutes",
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
                        help_text="A short unique name for addresses, such as bright-smile.", max_length=60, unique=True
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
                ("active", models.BooleanField(default=True, help_text="Off: widgets and API access are disabled.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Passage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("title", models.CharField(blank=True, max_length=300)),
                ("text", models.TextField()),
                ("words", models.TextField()),
            ],
            options={
                "ordering": ["document", "position"],
            },
        ),
        migrations.CreateModel(
            name="Rotation",
            fields=[
                ("key", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("number", models.PositiveBigIntegerField(default=0)),
            ],
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
            },
        ),
        migrations.CreateModel(
            name="Conversation",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
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
                ("title", models.CharField(blank=True, max_length=120)),
                ("titled_at", models.DateTimeField(blank=True, null=True)),
                ("language", models.CharField(blank=True, max_length=12)),
                ("summary", models.TextField(blank=True)),
                ("summary_seq", models.PositiveBigIntegerField(default=0)),
                ("thinking_until", models.DateTimeField(blank=True, null=True)),
                ("origin", models.CharField(blank=True, max_length=300)),
                ("network", models.CharField(blank=True, max_length=64)),
                ("last_seq", models.PositiveBigIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("last_message_at", models.DateTimeField(blank=True, db_index=True, null=True, verbose_name="last message")),
                (
                    "assistant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="conversations", to="assistant.assistant"
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="conversations",
                        to="assistant.organization",
                    ),
                ),
            ],
            options={
                "ordering": ["-last_message_at", "-created_at"],
            },
        ),
        migrations.CreateModel(
            name="Appointment",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "reference",
                    models.CharField(
                        default=assistant.models.booking.new_reference, editable=False, max_length=8, unique=True
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("held", "Held"),
                            ("confirmed", "Confirmed"),
                            ("cancelled", "Cancelled"),
                            ("expired", "Expired"),
                        ],
                        default="held",
                        max_length=10,
                    ),
                ),
                ("start_at", models.DateTimeField(verbose_name="start")),
                ("end_at", models.DateTimeField(verbose_name="end")),
                ("busy_until", models.DateTimeField()),
                ("timezone", models.CharField(max_length=60)),
                ("visitor_timezone", models.CharField(blank=True, max_length=60)),
                ("held_until", models.DateTimeField(blank=True, null=True)),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("name", models.CharField(blank=True, max_length=120)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("phone", models.CharField(blank=True, max_length=40)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("sequence", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "calendar",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT, related_name="appointments", to="assistant.calendar"
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
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="appointments", to="assistant.organization"
                    ),
                ),
            ],
            options={
                "ordering": ["start_at"],
            },
        ),
        migrations.CreateModel(
            name="ConversationNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(max_length=4000)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notes", to="assistant.conversation"
                    ),
                ),
            ],
            options={
                "ordering": ["conversation", "at"],
            },
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
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
                    models.DateTimeField(blank=True, db_index=True, editable=False, null=True, verbose_name="next check"),
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
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="documents", to="assistant.organization"
                    ),
                ),
            ],
            options={
                "ordering": ["title"],
            },
        ),
        migrations.CreateModel(
            name="DocumentFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("data", models.BinaryField()),
                ("encoding", models.CharField(blank=True, max_length=20)),
                (
                    "document",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="file", to="assistant.document"
                    ),
                ),
            ],
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
        ),
        migrations.AddField(
            model_name="calendar",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="calendars", to="assistant.organization"
            ),
        ),
        migrations.CreateModel(
            name="Budget",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "visitor_day_tokens",
                    models.PositiveIntegerField(
                        blank=True, default=500000, null=True, verbose_name="tokens per visitor and day"
                    ),
                ),
                (
                    "network_day_tokens",
                    models.PositiveIntegerField(
                        blank=True, default=2000000, null=True, verbose_name="tokens per IP address and day"
                    ),
                ),
                (
                    "day_tokens",
                    models.PositiveBigIntegerField(blank=True, default=10000000, null=True, verbose_name="tokens per day"),
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
                        help_text="What a visitor reads when a limit is reached; a polite default if empty.",
                        max_length=300,
                    ),
                ),
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="budget", to="assistant.organization"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="assistant",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="assistants", to="assistant.organization"
            ),
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[("owner", "Owner"), ("editor", "Editor"), ("viewer", "Viewer")],
                        default="editor",
                        max_length=10,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="assistant.organization"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
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
                ("page", models.JSONField(blank=True, default=dict)),
                ("sources", models.JSONField(blank=True, default=list)),
                ("rating", models.SmallIntegerField(blank=True, null=True)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="messages", to="assistant.conversation"
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["conversation", "seq"],
            },
        ),
        migrations.CreateModel(
            name="Method",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
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
                    models.JSONField(blank=True, default=dict, help_text="Values that the model neither sees nor changes."),
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
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="methods", to="assistant.organization"
                    ),
                ),
            ],
            options={
                "ordering": ["organization", "name"],
            },
        ),
        migrations.AddField(
            model_name="assistant",
            name="methods",
            field=models.ManyToManyField(
                blank=True, help_text="What it may do in a conversation.", related_name="assistants", to="assistant.method"
            ),
        ),
        migrations.CreateModel(
            name="OpeningHours",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                (
                    "calendar",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="hours", to="assistant.calendar"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "opening hours",
                "ordering": ["weekday", "opens"],
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
        ),
        migrations.AddField(
            model_name="passage",
            name="document",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="passages", to="assistant.document"
            ),
        ),
        migrations.CreateModel(
            name="Price",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
            ],
            options={
                "ordering": ["model"],
            },
        ),
        migrations.CreateModel(
            name="PromptVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("instructions", models.TextField(blank=True)),
                ("knowledge", models.TextField(blank=True)),
                ("greeting", models.CharField(blank=True, max_length=300)),
                ("restores", models.PositiveIntegerField(blank=True, null=True)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "assistant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="prompt_versions", to="assistant.assistant"
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
            ],
            options={
                "ordering": ["assistant", "-number"],
            },
        ),
        migrations.CreateModel(
            name="Provider",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
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
                    ),
                ),
                (
                    "api_version",
                    models.CharField(blank=True, help_text="For Azure OpenAI only, for example 2024-10-21.", max_length=40),
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
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="providers", to="assistant.organization"
                    ),
                ),
            ],
            options={
                "ordering": ["organization", "name"],
            },
        ),
        migrations.AddField(
            model_name="assistant",
            name="provider",
            field=models.ForeignKey(
                blank=True,
                help_text="Empty: any provider of the organization.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="assistants",
                to="assistant.provider",
            ),
        ),
        migrations.CreateModel(
            name="ProviderHealth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=80)),
                ("model", models.CharField(blank=True, max_length=200)),
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
            ],
            options={
                "verbose_name_plural": "provider health",
                "ordering": ["name", "model"],
            },
        ),
        migrations.CreateModel(
            name="Question",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(editable=False, max_length=64)),
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
                ("first_at", models.DateTimeField(verbose_name="first asked")),
                ("last_at", models.DateTimeField(verbose_name="last asked")),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="questions", to="assistant.conversation"
                    ),
                ),
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
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="questions", to="assistant.organization"
                    ),
                ),
            ],
            options={
                "verbose_name": "unanswered question",
                "ordering": ["-times", "-last_at"],
            },
        ),
        migrations.CreateModel(
            name="RefusedOrigin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin", models.CharField(max_length=200)),
                ("ignored", models.BooleanField(default=False)),
                ("first_at", models.DateTimeField(auto_now_add=True)),
                ("last_at", models.DateTimeField()),
                (
                    "assistant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="refused_origins", to="assistant.assistant"
                    ),
                ),
            ],
            options={
                "ordering": ["-last_at"],
            },
        ),
        migrations.CreateModel(
            name="Replay",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("queued", "Waiting"), ("running", "Running"), ("done", "Done"), ("failed", "Failed")],
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
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="replays", to="assistant.conversation"
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="replays", to="assistant.organization"
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="Spending",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scope", models.CharField(max_length=12)),
                ("subject", models.CharField(blank=True, max_length=64)),
                ("period", models.CharField(max_length=16)),
                ("tokens", models.BigIntegerField(default=0)),
                ("micros", models.BigIntegerField(default=0)),
                ("requests", models.PositiveIntegerField(default=0)),
                ("warned", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="spendings", to="assistant.organization"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ToolCall",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
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
                    "method",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="calls",
                        to="assistant.method",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tool_calls", to="assistant.organization"
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "round", "ordinal"],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=120, unique=True)),
                ("to", models.EmailField(max_length=254)),
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
                        ],
                        db_index=True,
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("fence", models.PositiveIntegerField(default=0)),
                ("leased_until", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="next attempt")),
                ("last_error", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent")),
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
                    "call",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="deliveries",
                        to="assistant.toolcall",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="Card",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
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
                        choices=[("open", "Open"), ("answered", "Answered"), ("expired", "Expired"), ("closed", "Closed")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("content", models.JSONField(default=dict)),
                ("action", models.JSONField(default=dict)),
                ("choice", models.CharField(blank=True, max_length=80)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="cards", to="assistant.conversation"
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
            ],
            options={
                "ordering": ["created_at"],
            },
        ),
        migrations.AddField(
            model_name="appointment",
            name="call",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="appointment",
                to="assistant.toolcall",
            ),
        ),
        migrations.CreateModel(
            name="Turn",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
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
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="turns", to="assistant.conversation"
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
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="assistant.toolcall",
                    ),
                ),
            ],
            options={
                "ordering": ["created_at"],
            },
        ),
        migrations.AddField(
            model_name="toolcall",
            name="turn",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tool_calls",
                to="assistant.turn",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="turn",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="replies",
                to="assistant.turn",
            ),
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.PositiveBigIntegerField()),
                ("type", models.CharField(max_length=30)),
                ("data", models.JSONField(default=dict)),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("card", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to="assistant.card")),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="events", to="assistant.conversation"
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to="assistant.message"),
                ),
                ("turn", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to="assistant.turn")),
            ],
            options={
                "ordering": ["conversation", "seq"],
            },
        ),
        migrations.CreateModel(
            name="Usage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="usages", to="assistant.organization"
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
            ],
            options={
                "verbose_name_plural": "usage",
                "ordering": ["-at"],
            },
        ),
        migrations.CreateModel(
            name="Visitor",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(blank=True, max_length=120)),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                ("email_verified_at", models.DateTimeField(blank=True, null=True, verbose_name="e-mail verified")),
                ("phone", models.CharField(blank=True, max_length=40)),
                ("locale", models.CharField(blank=True, max_length=12, verbose_name="language")),
                ("timezone", models.CharField(blank=True, max_length=60, verbose_name="time zone")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="first seen")),
                ("last_seen_at", models.DateTimeField(auto_now_add=True, verbose_name="last seen")),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="visitors", to="assistant.organization"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="conversation",
            name="visitor",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="conversations", to="assistant.visitor"
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="visitor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="appointments",
                to="assistant.visitor",
            ),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(fields=["state", "leased_until"], name="assistant_d_state_feeb13_idx"),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(fields=("user", "organization"), name="one_membership_per_user"),
        ),
        migrations.AddConstraint(
            model_name="method",
            constraint=models.UniqueConstraint(fields=("organization", "name"), name="method_name_once_per_organization"),
        ),
        migrations.AddIndex(
            model_name="passagevector",
            index=models.Index(fields=["model", "dimension", "passage"], name="assistant_p_model_d5923a_idx"),
        ),
        migrations.AddConstraint(
            model_name="price",
            constraint=models.UniqueConstraint(
                fields=("organization", "model"), name="price_once_per_organization_and_model"
            ),
        ),
        migrations.AddConstraint(
            model_name="price",
            constraint=models.UniqueConstraint(
                condition=models.Q(("organization", None)), fields=("model",), name="price_once_per_model_for_all"
            ),
        ),
        migrations.AddConstraint(
            model_name="promptversion",
            constraint=models.UniqueConstraint(fields=("assistant", "number"), name="prompt_version_once_per_number"),
        ),
        migrations.AddConstraint(
            model_name="provider",
            constraint=models.UniqueConstraint(fields=("organization", "name"), name="provider_once_per_name"),
        ),
        migrations.AddConstraint(
            model_name="providerhealth",
            constraint=models.UniqueConstraint(fields=("key", "model"), name="health_once_per_key_and_model"),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.UniqueConstraint(fields=("organization", "key"), name="question_once_per_organization"),
        ),
        migrations.AddConstraint(
            model_name="refusedorigin",
            constraint=models.UniqueConstraint(fields=("assistant", "origin"), name="refused_origin_once_per_assistant"),
        ),
        migrations.AddConstraint(
            model_name="replay",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["queued", "running"])),
                fields=("conversation",),
                name="one_open_replay_per_conversation",
            ),
        ),
        migrations.AddIndex(
            model_name="spending",
            index=models.Index(fields=["created_at"], name="assistant_s_created_300b82_idx"),
        ),
        migrations.AddConstraint(
            model_name="spending",
            constraint=models.UniqueConstraint(
                fields=("organization", "scope", "subject", "period"), name="spending_once_per_period"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["state", "next_attempt_at"], name="assistant_d_state_45f51f_idx"),
        ),
        migrations.AddIndex(
            model_name="turn",
            index=models.Index(fields=["state", "leased_until"], name="assistant_t_state_273e34_idx"),
        ),
        migrations.AddConstraint(
            model_name="turn",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "running")), fields=("conversation",), name="one_running_turn_per_conversation"
            ),
        ),
        migrations.AddConstraint(
            model_name="toolcall",
            constraint=models.UniqueConstraint(fields=("turn", "round", "ordinal"), name="call_once_per_place"),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(fields=("conversation", "client_id"), name="message_once_per_client_id"),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(fields=("conversation", "seq"), name="message_once_per_seq"),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.UniqueConstraint(fields=("conversation", "seq"), name="event_once_per_seq"),
        ),
        migrations.AddIndex(
            model_name="usage",
            index=models.Index(fields=["at"], name="assistant_u_at_4598cb_idx"),
        ),
        migrations.AddIndex(
            model_name="usage",
            index=models.Index(fields=["organization", "-at"], name="assistant_u_organiz_001ea8_idx"),
        ),
        migrations.AddIndex(
            model_name="usage",
            index=models.Index(fields=["conversation", "-at"], name="assistant_u_convers_ca116b_idx"),
        ),
        migrations.AddIndex(
            model_name="usage",
            index=models.Index(fields=["health_key", "-at"], name="assistant_u_health__01ecee_idx"),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(fields=["calendar", "state", "start_at"], name="assistant_a_calenda_cd136d_idx"),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(("start_at__lt", models.F("end_at"))), name="appointment_ends_after_start"
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(("end_at__lte", models.F("busy_until"))), name="appointment_buffer_is_not_negative"
            ),
        ),
        migrations.RunPython(overlaps.add, overlaps.remove),
        migrations.RunPython(passage_index.add, passage_index.remove),
    ]
