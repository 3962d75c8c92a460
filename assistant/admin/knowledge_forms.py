"""Forms for documents: texts, files and web pages, each validated with a reason for what is refused."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from assistant import outbound
from assistant.admin.scoping import OneOrganizationForm
from assistant.errors import AddressRefused
from assistant.models import Document, DocumentFile
from assistant.services.knowledge import documents
from assistant.services.knowledge.formats.charsets import CHOICES
from assistant.services.knowledge.formats.result import MAX_BYTES, SUFFIXES

MAX_AT_ONCE = 50  # files or pages that are added together


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class FilesField(forms.FileField):
    """One or several files, each of a kind and size that can be read; cleans to a list."""

    def __init__(self, *, many: bool, **kwargs: Any) -> None:
        accept = ",".join(f".{suffix}" for suffix in SUFFIXES)
        attrs = {"class": "iw-input", "accept": accept, **({"multiple": True} if many else {})}
        super().__init__(widget=ManyFiles(attrs) if many else forms.FileInput(attrs), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list) else [data] if data else []
        if self.required and not given:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(given) > MAX_AT_ONCE:
            raise ValidationError(f"At most {MAX_AT_ONCE} files can be added at a time.")
        cleaned = [super(FilesField, self).clean(one, None) for one in given]
        for one in cleaned:
            if one.size > MAX_BYTES:
                raise ValidationError(
                    f"{one.name} is larger than {MAX_BYTES // 1_000_000} MB. Upload a smaller file, or split it."
                )
            if one.name.rpartition(".")[2].lower() not in SUFFIXES:
                raise ValidationError(
                    f"{one.name} cannot be read. Upload a file of one of these types: {', '.join(SUFFIXES)}."
                )
        return cleaned


class EncodingField(forms.ChoiceField):
    """How a text file's letters are written, for files that do not say so."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            choices=[("", "Recognise it"), *CHOICES],
            widget=UnfoldAdminSelectWidget(),
            help_text=(
                "The encoding of text, CSV and HTML files. Choose one only if a file was refused or its letters came "
                "out wrong."
            ),
        )


class WrittenField(forms.CharField):
    """A long text. Its length is counted in characters, a line's end as one, and the browser cuts nothing off."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {name: value for name, value in super().widget_attrs(widget).items() if name != "maxlength"}


class AddressesField(forms.CharField):
    """Web addresses, one per line; cleans to a list."""

    widget = UnfoldAdminTextareaWidget({"rows": 6, "placeholder": "https://www.example.com/prices"})

    def clean(self, value: Any) -> list[str]:
        lines = [line.strip() for line in super().clean(value).splitlines()]
        found = list(dict.fromkeys(_page_address(line) for line in lines if line))
        if len(found) > MAX_AT_ONCE:
            raise ValidationError(f"At most {MAX_AT_ONCE} pages can be added at a time.")
        return found


def _page_address(text: str) -> str:
    """An address that may be fetched; https where none says how. Raises `ValidationError`."""
    url = text if "://" in text else f"https://{text}"
    if len(url) > 1000:
        raise ValidationError("A URL can have at most 1000 characters.")
    try:
        outbound.check_url(url, outbound.Reach.TENANT)
    except AddressRefused as error:
        raise ValidationError("%(url)s: %(why)s", params={"url": text[:120], "why": str(error)}) from error
    return url


class DocumentForm(OneOrganizationForm):
    """`kind` is set on the subclass that `DocumentAdmin.get_form` makes."""

    kind: str

    class Meta:
        widgets = {
            "text": UnfoldAdminTextareaWidget({"rows": 18}),
            "assistants": UnfoldAdminCheckboxSelectMultipleWidget(),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        page = self.kind == Document.Kind.PAGE
        if "url" in self.fields:
            link: Any = self.fields["url"]
            link.label, link.required = ("Address", True) if page else ("Link", False)
            link.help_text = (
                "" if page else "The page on which visitors can read it themselves, if there is one. Shown with answers."
            )
        if "assistants" in self.fields:
            chosen: Any = self.fields["assistants"]
            chosen.widget = chosen.widget.widget  # without the buttons that add and change
            chosen.widget.choices = chosen.choices
        if self.kind == Document.Kind.TEXT:
            for name in {"title", "text"} & set(self.fields):
                self.fields[name].required = True

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if self.kind == Document.Kind.PAGE:
            return _page_address(url)
        if url and urlsplit(url).scheme not in ("http", "https"):
            raise ValidationError("Enter a link that starts with https:// or http://.")
        return url

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        home = cleaned.get("organization") or getattr(self.instance, "organization", None)
        others = Document.objects.filter(organization=home).exclude(pk=self.instance.pk)
        new = len(cleaned.get("upload") or cleaned.get("addresses") or [1])
        if home and self.instance._state.adding and others.count() + new > documents.MAX_DOCUMENTS:
            self.add_error(None, f"An organization has at most {documents.MAX_DOCUMENTS} documents.")
        wanted = cleaned.get("addresses") or ([cleaned.get("url")] if self.kind == Document.Kind.PAGE else [])
        for url in others.filter(kind=Document.Kind.PAGE, url__in=wanted).values_list("url", flat=True):
            self.add_error("addresses" if "addresses" in self.fields else "url", f"{url} has already been added.")
        return cleaned


class NewFilesForm(DocumentForm):
    upload = FilesField(many=True, label="Files", help_text=f"At most {MAX_BYTES // 1_000_000} MB each.")
    encoding = EncodingField()


class FileForm(DocumentForm):
    upload = FilesField(
        many=False, required=False, label="Newer version", help_text="Replaces the version that was read before."
    )
    encoding = EncodingField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = DocumentFile.objects.filter(document=self.instance).values_list("encoding", flat=True)
        if "encoding" in self.fields:
            self.initial["encoding"] = next(iter(kept), "")


class NewPagesForm(DocumentForm):
    addresses = AddressesField(
        help_text="Enter the addresses of public pages, one per line. Links on them are not followed."
    )
