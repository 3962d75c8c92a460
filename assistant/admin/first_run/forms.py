"""The forms of the first run: each asks in the owner's words for what it needs, and derives the rest when it saves."""

from __future__ import annotations

import json
import secrets
import zoneinfo
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from assistant.admin.booking.fields import DAYS, HoursField, refuse_overlaps, week_in
from assistant.admin.organizations.pictures import ABOUT, PictureField, PictureForm, PictureInput
from assistant.admin.providers.provider import ProviderForm
from assistant.models import Assistant, Calendar, Method, Organization, Provider
from assistant.models.names import validate_name
from assistant.models.organizations.organization import PSEUDO_ZONES, normal_origin
from assistant.providers.presets import PRESETS
from assistant.sentences import CATALOGUES
from assistant.services.booking.staff import calendars, closing, typed_hours
from assistant.services.organizations import access, office_hours, pictures

LANGUAGES = [(code, one.name) for code, one in CATALOGUES.items()]
ROWS = range(3)  # services that are asked for at once; further ones have a page of their own
USUAL_MINUTES = 30
LOCAL_HOSTS = {"localhost", "127.0.0.1", "[::1]"}


def plain(form: forms.BaseForm) -> None:
    """The classes of our own inputs."""
    for field in form.fields.values():
        if not isinstance(field.widget, forms.CheckboxInput | forms.CheckboxSelectMultiple | PictureInput):
            field.widget.attrs["class"] = f"{field.widget.attrs.get('class', '')} iw-input".strip()


def zones() -> list[tuple[str, str]]:
    found = zoneinfo.available_timezones() - PSEUDO_ZONES
    named = sorted(name for name in found if "/" in name and not name.startswith("Etc/"))
    return [(name, name.replace("_", " ")) for name in ("UTC", *named)]


def site_of(text: str) -> str:
    """The origin of an address as people write it: www.example.com/contact. Raises `ValueError`."""
    text = text.strip()
    if "://" not in text:
        host = text.partition("/")[0].rpartition(":")[0] or text.partition("/")[0]
        text = f"{'http' if host in LOCAL_HOSTS else 'https'}://{text}"
    parts = urlsplit(text)
    return normal_origin(f"{parts.scheme}://{parts.netloc}")


class OrganizationForm(PictureForm):
    picture = "logo"
    website = forms.CharField(
        label="Your website",
        required=False,
        max_length=200,
        help_text="Enter its address, such as www.example.com, if you have one.",
    )
    timezone = forms.ChoiceField(label="Your time zone", choices=zones)
    logo = PictureField(pictures.LOGO, label="Your logo, if you like", help_text=ABOUT)

    class Meta:
        model = Organization
        fields = ["name", "website", "timezone"]
        labels = {"name": "What is your organization called?"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.fields["timezone"].widget.attrs["data-guess-zone"] = ""
        plain(self)

    def clean_website(self) -> str:
        text = self.cleaned_data["website"].strip()
        if not text:
            return ""
        try:
            site_of(text)
        except ValueError as error:
            raise ValidationError(f"{str(error).capitalize()}. Enter an address such as www.example.com.") from error
        return text if "://" in text else f"https://{text}"

    def save(self, commit: bool = True) -> Organization:
        organization: Organization = self.instance
        if organization.pk is None:
            organization.slug = _free_slug(organization.name)
        if organization.website and not organization.allowed_origins.strip():
            organization.allowed_origins = site_of(organization.website)
        super().save(commit)
        self.save_picture()
        return organization


def _free_slug(name: str) -> str:
    wanted = slugify(name)[:50] or "organization"
    taken = Organization.objects.filter(slug=wanted).exists()
    return f"{wanted}-{secrets.token_hex(3)}" if taken else wanted


class TeamEmailForm(forms.ModelForm):
    team_language = forms.ChoiceField(label="Language of these e-mails", choices=LANGUAGES)

    class Meta:
        model = Organization
        fields = ["team_email", "team_language"]
        labels = {"team_email": "Your team's e-mail address"}
        help_texts = {"team_email": "Enter an address such as hello@example.com."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team_email"].required = True
        plain(self)


class LanguageModelForm(ProviderForm):
    """A provider of the organization: what the choice needs, and a name that is derived from it."""

    class Meta(ProviderForm.Meta):
        model = Provider
        fields = ["preset", "base_url", "key", "smart"]

    field_order = ["preset", "base_url", "key", "smart"]

    def __init__(self, *args: Any, organization: Organization, by_operator: bool, **kwargs: Any) -> None:
        self.by_operator = by_operator
        kwargs["instance"] = organization.providers.order_by("created_at").first() or Provider(organization=organization)
        super().__init__(*args, **kwargs)
        del self.fields["forget_key"]
        labels = {"preset": "Who provides it?", "base_url": "Address of the server", "key": "Key", "smart": "Model"}
        for name, label in labels.items():
            self.fields[name].label = label
        presets: Any = self.fields["preset"]
        presets.choices = [*presets.choices[1:], ("", "Another server, such as Ollama or vLLM")]
        presets.help_text = ""
        self.initial.setdefault("preset", "openai")
        if self.instance._state.adding:
            self.initial["preset"] = "openai"
        self.fields["base_url"].help_text = "For example http://localhost:11434 or https://llm.example.com/v1."
        self.fields["smart"].help_text = "Enter the model's name as the server spells it, for example gpt-5.4 or llama3.2."
        # What the preset knows is not asked for.
        known = {name: [f for f in ("base_url", "smart") if getattr(one, f)] for name, one in PRESETS.items()}
        presets.widget.attrs["data-known"] = json.dumps(known)
        plain(self)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.instance._state.adding:
            self.instance.name = self._free_name(cleaned.get("preset", ""))
        self.instance.enabled = True
        return cleaned

    def _free_name(self, preset: str) -> str:
        wanted = PRESETS[preset].label if preset in PRESETS else "Own server"
        taken = set(self.instance.organization.providers.values_list("name", flat=True))
        numbered = (f"{wanted} {number}" for number in range(2, len(taken) + 3))
        return next(name for name in (wanted, *numbered) if name not in taken)


class ServicesForm(forms.Form):
    """The week of an organization, and the first services on a calendar of its own."""

    day_0, day_1, day_2, day_3, day_4, day_5, day_6 = (HoursField(label=name) for name in typed_hours.WEEKDAYS)
    office = forms.BooleanField(
        label="Our team answers visitors in the chat during these hours", required=False, initial=True
    )

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organization = organization
        self.calendar = organization.calendars.order_by("pk").first()
        own = office_hours.week_of(organization)
        week = calendars.week_of(self.calendar) if self.calendar else own if any(own) else calendars.USUAL_WEEK
        for name, intervals in zip(DAYS, week, strict=True):
            self.fields[name].initial = intervals
        self.fields["office"].initial = any(own) or self.calendar is None
        for row in ROWS:
            self.fields[f"name_{row}"] = forms.CharField(
                label="Service", required=False, max_length=80, validators=[validate_name]
            )
            self.fields[f"minutes_{row}"] = forms.IntegerField(
                label="Minutes", required=False, min_value=5, max_value=1440, initial=USUAL_MINUTES
            )
            self.fields[f"price_{row}"] = forms.CharField(label="Price", required=False, max_length=60)
        plain(self)

    @property
    def week_fields(self) -> list[Any]:
        return [self[name] for name in DAYS]

    @property
    def rows(self) -> list[list[Any]]:
        return [[self[f"{name}_{row}"] for name in ("name", "minutes", "price")] for row in ROWS]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        refuse_overlaps(self)
        for row in ROWS:
            is_begun = cleaned.get(f"price_{row}") or cleaned.get(f"minutes_{row}") not in (None, USUAL_MINUTES)
            if is_begun and not self.data.get(f"name_{row}", "").strip():
                self.add_error(f"name_{row}", "Enter the name of the service, or clear its row.")
        named = [row for row in ROWS if cleaned.get(f"name_{row}")]
        if named and not any(week_in(cleaned)) and not self.errors:
            raise ValidationError("Enter the hours in which these services can be booked.")
        return cleaned

    def save(self) -> None:
        """The same once more, as after the browser's *Back*, adds no service twice. Raises `ValidationError` where the new
        hours would leave bookings outside, or a service of that name is another one."""
        week = week_in(self.cleaned_data)
        names = [row for row in ROWS if self.cleaned_data.get(f"name_{row}")]
        with transaction.atomic():
            office_hours.set_week(self.organization, week if self.cleaned_data["office"] else [[]] * len(DAYS))
            calendar = self.calendar or (self._new_calendar() if names else None)
            if calendar is None:
                return
            try:
                with closing.changing_hours(calendar, {}):
                    calendars.set_week(calendar, week)
            except closing.Undecided as error:
                raise ValidationError(
                    "Some appointments fall outside these hours. Change the hours on the calendar's own page, where you can "
                    "decide what happens to them."
                ) from error
            for row in names:
                self._new_service(row, calendar)

    def _new_calendar(self) -> Calendar:
        of = self.organization
        return Calendar.objects.create(organization=of, name=of.name[:80], timezone=of.timezone)

    def _new_service(self, row: int, calendar: Calendar) -> None:
        name, price = self.cleaned_data[f"name_{row}"], self.cleaned_data[f"price_{row}"]
        minutes = self.cleaned_data[f"minutes_{row}"] or USUAL_MINUTES
        services = self.organization.services
        if same := services.filter(name__iexact=name).first():
            if (same.minutes, same.price) != (minutes, price):
                text = f"There is a service {same.name} already. Enter another name, or change that service on its own page."
                raise ValidationError({f"name_{row}": text})
            return
        added = services.create(name=name, minutes=minutes, price=price, order=services.count())
        added.offerings.create(calendar=calendar)


# What an assistant may do, as owners choose it: a method of that kind, and what it is called and told where there is none.
ABILITIES: dict[str, tuple[str, dict[str, Any]]] = {
    "books": (
        "appointment",
        {"name": "appointment", "description": "Appointments with us.", "config": {"services": [], "calendar": None}},
    ),
    "fetches": (
        "handoff",
        {
            "name": "human",
            "description": "Hand this conversation over to a person from the team.",
            "instruction": "Use it when the visitor asks for a person, or is upset.",
        },
    ),
}


class AssistantForm(PictureForm):
    picture = "avatar"
    avatar = PictureField(pictures.AVATAR, label="Its picture, if you like", help_text=ABOUT)
    locale = forms.ChoiceField(
        label="Which language does it start in?", choices=LANGUAGES, help_text="It answers in the visitor's language."
    )
    books = forms.BooleanField(label="Book appointments", required=False, initial=True)
    fetches = forms.BooleanField(label="Ask the team to join when a visitor wants a person", required=False, initial=True)

    field_order = ["name", "avatar"]

    class Meta:
        model = Assistant
        fields = ["name", "locale", "accent", "knowledge"]
        labels = {"name": "What is it called?", "accent": "Colour", "knowledge": "What should it know?"}
        help_texts = {
            "name": "Enter a name such as Mia.",
            "accent": "",
            "knowledge": "Opening hours, prices, address, directions, house rules: write them down as you would for a new "
            "colleague. The assistant knows only this, and the documents that you can add later.",
        }
        widgets = {"accent": forms.TextInput({"type": "color"}), "knowledge": forms.Textarea({"rows": 10})}

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        instance = organization.assistants.order_by("pk").first()
        kwargs["instance"] = instance or Assistant(organization=organization, name="", locale=organization.team_language)
        super().__init__(*args, **kwargs)
        self.organization = organization
        if instance:
            kinds = set(instance.methods.values_list("kind", flat=True))
            for ability, (kind, _) in ABILITIES.items():
                self.fields[ability].initial = kind in kinds
        if not organization.services.exists():
            del self.fields["books"]
        if self.initial.get("locale") not in CATALOGUES:  # with a region, such as de-CH: kept as it is
            del self.fields["locale"]
        plain(self)

    @property
    def abilities(self) -> list[Any]:
        return [self[name] for name in ABILITIES if name in self.fields]

    def save(self, commit: bool = True) -> Assistant:
        with transaction.atomic():
            assistant: Assistant = super().save(commit)
            self.save_picture()
            for ability, (kind, fields) in ABILITIES.items():
                if ability in self.fields:
                    self._set(assistant, kind, fields, self.cleaned_data[ability])
        return assistant

    def _set(self, assistant: Assistant, kind: str, fields: dict[str, Any], wanted: bool) -> None:
        methods = Method.objects.filter(organization=self.organization, kind=kind)
        if not wanted:
            assistant.methods.remove(*methods)
        elif not assistant.methods.filter(kind=kind, enabled=True).exists():
            method = methods.filter(enabled=True).first()
            assistant.methods.add(method or self._new_method(kind, fields))

    def _new_method(self, kind: str, fields: dict[str, Any]) -> Method:
        taken = set(Method.objects.filter(organization=self.organization).values_list("name", flat=True))
        names = (fields["name"], *(f"{fields['name']}_{number}" for number in range(2, len(taken) + 3)))
        free = next(name for name in names if name not in taken)
        return Method.objects.create(organization=self.organization, kind=kind, **{**fields, "name": free})


class SitesForm(forms.Form):
    sites = forms.CharField(
        label="Which sites will show it?",
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text="Enter one site per line, such as www.example.com. A site with and without www is two sites.",
    )
    asking = forms.MultipleChoiceField(
        label="Pages of these sites tried to show it", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organization = organization
        self.fields["sites"].initial = organization.allowed_origins
        refused = access.refused_sites(Organization.objects.filter(pk=organization.pk))
        choices: Any = self.fields["asking"]
        choices.choices = [(origin, origin) for origin in dict.fromkeys(row.origin for row in refused)]
        if not refused:
            del self.fields["asking"]
        plain(self)

    def clean_sites(self) -> list[str]:
        found = []
        for line in self.cleaned_data["sites"].splitlines():
            if line.strip():
                try:
                    found.append(site_of(line))
                except ValueError as error:
                    raise ValidationError(f"{line.strip()[:80]}: {error}. Enter a site such as www.example.com.") from error
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "sites" in cleaned and not [*cleaned["sites"], *cleaned.get("asking", [])]:
            self.add_error("sites", "Enter at least one site, such as www.example.com.")
        return cleaned

    def save(self) -> None:
        allowed = dict.fromkeys([*self.cleaned_data["sites"], *self.cleaned_data.get("asking", [])])
        self.organization.allowed_origins = "\n".join(allowed)
        self.organization.save(update_fields=["allowed_origins"])
