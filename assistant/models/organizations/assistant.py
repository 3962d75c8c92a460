"""Assistants, and the sites that were refused."""

from __future__ import annotations

import re
import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from assistant.models.methods.method import Method
from assistant.models.names import NameField
from assistant.models.organizations.organization import Organization
from assistant.models.revisions import SetByStaff, SettingsQuerySet, watch_links
from assistant.sentences import CATALOGUES, LANGUAGES, is_written, label

MAX_STARTERS = 4
VOICES = (
    "alloy",
    "ash",
    "ballad",
    "cedar",
    "coral",
    "echo",
    "marin",
    "sage",
    "shimmer",
    "verse",
)  # of OpenAI's realtime API
MAX_PATHS = 50
MAX_TEASER = 160
MAX_OFFSET = 999  # pixels
OURS = ("greeting", "disclosure")  # texts that begin as those of our catalogues

hex_colour = RegexValidator(r"\A#[0-9a-fA-F]{6}\Z", "Enter a colour as # and six hexadecimal digits, such as #0f766e.")


def validate_locale(text: str) -> None:
    if not re.fullmatch(r"[A-Za-z]{2}([_-][A-Za-z0-9]{2,8})*", text) or not is_written(text):
        raise ValidationError(
            "%(text)s is not a language of the widget. Enter one of %(known)s, with or without a region, such as de-CH.",
            params={"text": text[:40], "known": ", ".join(sorted(LANGUAGES))},
        )


def validate_paths(text: str) -> None:
    """Paths of pages, one per line."""
    for line in _lines(text):
        if not line.startswith(("/", "*")) or " " in line:
            raise ValidationError(
                "“%(line)s” is not the path of a page. Enter one per line, such as /prices or /blog/*.",
                params={"line": line[:60]},
            )
    if len(_lines(text)) > MAX_PATHS:
        raise ValidationError(f"Enter at most {MAX_PATHS} paths. A * stands for any text, as in /blog/*.")


def validate_page_messages(text: str) -> None:
    """A path and a message on each line."""
    for line in _lines(text):
        path, _, message = line.partition(" ")
        validate_paths(path)
        if not message.strip() or len(message) > MAX_TEASER:
            raise ValidationError(
                "Write a path and a message of at most %(most)s characters on each line, such as: "
                "/prices Shall I work out a price for you? “%(line)s” is not like that.",
                params={"line": line[:60], "most": MAX_TEASER},
            )
    if len(_lines(text)) > MAX_PATHS:
        raise ValidationError(f"Enter at most {MAX_PATHS} messages.")


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def new_public_key() -> str:
    """Identifies an assistant in a script tag; it is public and authorises nothing."""
    return "pk_" + secrets.token_urlsafe(15)


def validate_starters(text: str) -> None:
    if len([line for line in text.splitlines() if line.strip()]) > MAX_STARTERS:
        raise ValidationError(f"Visitors see at most {MAX_STARTERS} suggested questions. Remove the others.")


def _pixels(name: str, help_text: str) -> Any:
    most = MaxValueValidator(MAX_OFFSET)
    return models.PositiveSmallIntegerField(name, null=True, blank=True, validators=[most], help_text=help_text)


class Assistant(SetByStaff):
    """An assistant on a site: its prompt, appearance, model, and the methods it may use."""

    RECORDED = frozenset({"seen_at", "seen_origin"})

    class Position(models.TextChoices):
        RIGHT = "right", "Bottom right"
        LEFT = "left", "Bottom left"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="assistants")
    name = NameField(max_length=60, default="Assistant")
    public_key = models.CharField(max_length=40, unique=True, default=new_public_key, editable=False)
    enabled = models.BooleanField(default=True, help_text="When this is off, visitors cannot chat with it.")

    instructions = models.TextField(
        blank=True,
        max_length=20_000,
        help_text="How it should write, and what it should and should not do. For example: Never quote prices.",
    )
    knowledge = models.TextField(
        blank=True,
        max_length=60_000,
        help_text="Facts for its answers, sent with every message: opening hours, prices, address, policies.",
    )
    methods = models.ManyToManyField(
        Method, blank=True, related_name="assistants", help_text="What it may do in a conversation."
    )

    title = NameField(max_length=60, blank=True, help_text="Shown at the top of the widget. Leave empty to use its name.")
    greeting = models.CharField(max_length=300, default=label("greeting"))
    starters = models.TextField(
        "suggested questions",
        blank=True,
        validators=[validate_starters],
        help_text="Enter up to four suggested first questions, one per line. For example: When are you open?",
    )
    disclosure = models.CharField(
        max_length=300,
        default=label("disclosure"),
        help_text=("Tells visitors before the first answer that they are talking to an AI. Screen readers read it out."),
    )
    consent = models.TextField(
        "consent text",
        max_length=600,
        blank=True,
        help_text=(
            "Visitors have to agree to it before their first message. For example: We store this conversation "
            "for 90 days. Leave empty to ask for no consent."
        ),
    )
    translations = models.JSONField(default=dict, blank=True, editable=False)  # language → {"greeting": …, "starters": …}
    accent = models.CharField("accent colour", max_length=7, default="#0f766e", validators=[hex_colour])
    position = models.CharField(max_length=5, choices=Position.choices, default=Position.RIGHT)
    locale = models.CharField(
        "language",
        max_length=12,
        default="en",
        validators=[validate_locale],
        help_text=("Used if the page sets no language. Enter a code such as en or de, with or without a region (de-CH)."),
    )

    launcher_label = NameField(
        "text on the button",
        max_length=40,
        blank=True,
        help_text="Shown beside the icon, such as: Questions? Chat with us. Leave empty to show the icon alone.",
    )
    phone_position = models.CharField(
        "position on phones",
        max_length=5,
        choices=Position.choices,
        blank=True,
        help_text="Leave empty to use the same position as on computers.",
    )
    offset_x = _pixels("distance from the side", "The distance in pixels on computers. Leave empty for 20.")
    offset_y = _pixels("distance from the bottom", "The distance in pixels on computers. Leave empty for 20.")
    phone_offset_x = _pixels(
        "distance from the side on phones", "The distance in pixels. Leave empty to use the same distance as on computers."
    )
    phone_offset_y = _pixels(
        "distance from the bottom on phones",
        ("The distance in pixels, such as 80 above a bar of buttons. Leave empty to use the same distance as on computers."),
    )
    z_index = models.PositiveIntegerField(
        "layer (z-index)",
        null=True,
        blank=True,
        validators=[MaxValueValidator(2_147_483_647)],
        help_text=("Lower it if the chat covers something such as your cookie notice. Leave empty to keep it on top."),
    )
    show_on = models.TextField(
        "show only on",
        blank=True,
        validators=[validate_paths],
        help_text=(
            "Enter the paths of pages, one per line. A * stands for any text, as in /help/*. Leave empty to show "
            "it on every page."
        ),
    )
    hide_on = models.TextField(
        "hide on",
        blank=True,
        validators=[validate_paths],
        help_text="Enter paths in the same way. For example: /checkout*",
    )
    teaser = models.CharField(
        "invitation",
        max_length=MAX_TEASER,
        blank=True,
        help_text="Appears beside the button, such as: Can I help you find something? Visitors who have closed it, or have "
        "chatted already, do not see it.",
    )
    page_messages = models.TextField(
        "invitations by page",
        blank=True,
        validators=[validate_page_messages],
        help_text=(
            "Shown instead of the invitation on certain pages. Enter a path and a message on each line. For "
            "example: /prices* Shall I work out a price for you?"
        ),
    )
    teaser_after = models.PositiveSmallIntegerField(
        "invite after, in seconds",
        default=10,
        validators=[MaxValueValidator(600)],
        help_text=("How long a visitor is on the page before the invitation appears. Enter 0 to turn this off."),
    )
    teaser_on_exit = models.BooleanField(
        "invite on leaving",
        default=False,
        help_text="Except on phones, the invitation appears when the pointer leaves the page at the top.",
    )
    sound = models.BooleanField(
        "sound for new messages",
        default=False,
        help_text="Plays a short sound while the chat is closed or the visitor is looking at another tab.",
    )

    provider = models.ForeignKey(
        "Provider",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="assistants",
        help_text="Leave empty to use any provider of the organization.",
    )
    model = models.CharField(max_length=200, blank=True, help_text="Leave empty to use the provider's default.")
    fast_model = models.CharField(
        max_length=200,
        blank=True,
        help_text="Used for titles, summaries and checks. Leave empty to use the provider's default.",
    )
    fallback_model = models.CharField(max_length=200, blank=True, help_text="Used when the model above fails.")
    temperature = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(2)],
        help_text="Enter a number from 0 (predictable) to 2 (varied). Leave empty to use the provider's default.",
    )
    max_output_tokens = models.PositiveIntegerField(
        "longest reply in tokens",
        null=True,
        blank=True,
        validators=[MinValueValidator(16), MaxValueValidator(32_000)],
        help_text="The longest reply, in tokens. Leave empty to use the provider's limit, or 1024 if it has none.",
    )
    history_messages = models.PositiveIntegerField(
        "messages in the context",
        default=20,
        validators=[MinValueValidator(2), MaxValueValidator(200)],
        help_text="How many of the latest messages the model gets.",
    )
    history_tokens = models.PositiveIntegerField(
        "tokens of messages",
        default=6000,
        validators=[MinValueValidator(200), MaxValueValidator(500_000)],
        help_text="Roughly how many tokens these messages can have. Lower it for a small local model.",
    )
    makes_notes = models.BooleanField(
        "titles and summaries",
        default=True,
        help_text="The fast model gives conversations a title and a summary for staff, once they pause.",
    )
    reuse_answers_hours = models.PositiveSmallIntegerField(
        "reuse answers, in hours",
        default=0,
        validators=[MaxValueValidator(168)],
        help_text=("For how many hours an identical first question gets the same answer without the model. 0 means never."),
    )
    limit_sentence = models.CharField(
        "message at a limit",
        max_length=300,
        blank=True,
        help_text="Shown to visitors when a limit is reached. Leave empty to use the organization's message.",
    )

    voice = models.BooleanField(
        "voice calls",
        default=True,
        help_text="Visitors can talk to it if a provider offers voice. When this is off, the widget shows no microphone.",
    )
    voice_name = models.CharField(
        "voice", max_length=20, choices=[(name, name.capitalize()) for name in VOICES], default="sage"
    )
    voice_minutes = models.PositiveSmallIntegerField(
        "longest call, in minutes",
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
        help_text="A call ends after this time, from 1 to 60 minutes. The visitor can continue in writing.",
    )
    accepts_files = models.BooleanField(
        "files",
        default=False,
        help_text=(
            "Visitors can send images (PNG, JPEG, WebP, GIF) and PDF files. The assistant sees only their names; "
            "your team can open them."
        ),
    )

    seen_at = models.DateTimeField(null=True, editable=False)  # when a page last asked for the widget, to a few minutes
    seen_origin = models.CharField(max_length=300, blank=True, editable=False)  # whose page
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SettingsQuerySet.as_manager()

    class Meta:
        ordering = ["organization", "name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.organization})"

    @property
    def starter_list(self) -> list[str]:
        return _starters(self.starters)

    @property
    def outside(self) -> dict[str, Any]:
        """What a page is to know of the chat before anybody opens it: what staff have set, beside its texts. Empty where
        the launcher alone is shown, everywhere."""
        offset, phone_offset = (self.offset_x, self.offset_y), (self.phone_offset_x, self.phone_offset_y)
        invites = bool(self.teaser or self.page_messages)
        found = {
            "phone_position": self.phone_position,
            "offset": list(offset) if any(one is not None for one in offset) else None,
            "phone_offset": list(phone_offset) if any(one is not None for one in phone_offset) else None,
            "z_index": self.z_index,
            "show_on": _lines(self.show_on),
            "hide_on": _lines(self.hide_on),
            "teaser_after": self.teaser_after if invites else None,
            "teaser_on_exit": self.teaser_on_exit if invites else None,
            "sound": self.sound or None,
        }
        return {name: value for name, value in found.items() if value not in (None, "", [])}

    @property
    def is_seen_outside(self) -> bool:
        """Whether a page has to ask for the settings before the chat is opened."""
        return bool(self.outside or self.launcher_label)

    @property
    def texts(self) -> dict[str, dict[str, Any]]:
        """By language, what differs in it from `greeting`, `disclosure` and `starter_list`: what staff have written for it,
        and our own words where they have left ours as they were."""
        found: dict[str, dict[str, Any]] = {}
        for language in CATALOGUES:
            ours = {
                name: label(name, language) for name in OURS if getattr(self, name) == label(name) != label(name, language)
            }
            if texts := {**ours, **self.translations.get(language, {})}:
                found[language] = {**texts, **({"starters": _starters(texts["starters"])} if "starters" in texts else {})}
        return found


watch_links(Assistant.methods.through)


def _starters(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()][:MAX_STARTERS]


class RefusedOrigin(models.Model):
    """A site that tried to show an assistant without being allowed to. A few per assistant, for staff to allow or ignore."""

    assistant = models.ForeignKey(Assistant, models.CASCADE, related_name="refused_origins", db_index=False)
    origin = models.CharField(max_length=200)  # as `normal_origin` writes it
    ignored = models.BooleanField(default=False)
    first_at = models.DateTimeField(auto_now_add=True)
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["-last_at"]
        constraints = [models.UniqueConstraint(fields=["assistant", "origin"], name="refused_origin_once_per_assistant")]

    def __str__(self) -> str:
        return self.origin
