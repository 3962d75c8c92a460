"""Fields for visitors' texts in each language, beside the default for languages without one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.utils import flatten_fieldsets
from django.db import models
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from assistant.sentences import CATALOGUES


class TranslationsForm(forms.ModelForm):
    """Reads and writes the row's `translations`; each extra field knows its language and the text that it is of."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (language, text) in self._places():
            self.initial.setdefault(name, self.instance.translations.get(language, {}).get(text, ""))

    def save(self, commit: bool = True) -> Any:
        # A language of which this form has no field keeps what it has.
        written = {language: dict(texts) for language, texts in self.instance.translations.items()}
        for name, (language, text) in self._places():
            written.setdefault(language, {})[text] = self.cleaned_data.get(name, "")
        self.instance.translations = {
            language: kept for language, texts in written.items() if (kept := {name: t for name, t in texts.items() if t})
        }
        return super().save(commit)

    def _places(self) -> list[tuple[str, tuple[str, str]]]:
        return [(name, field.place) for name, field in self.fields.items() if hasattr(field, "place")]


class Translations:
    """Gives an admin, or an inline, whose form is a `TranslationsForm` the fields of `translated` in each language."""

    translated: tuple[str, ...] = ()
    form: Any
    model: type[models.Model]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs.setdefault("form", self._translated_form(request, obj))
        return super().get_form(request, obj, change, **kwargs)  # type: ignore[misc]

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        kwargs.setdefault("form", self._translated_form(request, obj))
        return super().get_formset(request, obj, **kwargs)  # type: ignore[misc]

    def _translated_form(self, request: HttpRequest, obj: Any) -> Any:
        shown = flatten_fieldsets(self.get_fieldsets(request, obj))  # type: ignore[attr-defined]
        extra = {
            name: self._field(text, language)
            for language in CATALOGUES
            for text in self.translated
            # One that the page leaves out would come back empty.
            if (name := f"{text}_{language}") in shown
        }
        return type(self.form.__name__, (self.form,), extra)

    def in_each_language(self) -> list[tuple[str, tuple[str, ...]]]:
        """The language's own name, and the names of its fields."""
        return [
            (catalogue.name, tuple(f"{text}_{language}" for text in self.translated))
            for language, catalogue in CATALOGUES.items()
        ]

    def label_of(self, text: str, language: str) -> str:
        """The name of a field, where the language stands above those of several."""
        name = str(self.model._meta.get_field(text).verbose_name).capitalize()  # type: ignore[union-attr]
        return name if len(self.translated) > 1 else CATALOGUES[language].name

    def _field(self, text: str, language: str) -> forms.CharField:
        of: Any = self.model._meta.get_field(text)
        attributes = {"lang": language, "dir": CATALOGUES[language].direction}
        field = forms.CharField(
            label=self.label_of(text, language),
            required=False,
            max_length=of.max_length,
            validators=of.validators,
            widget=UnfoldAdminTextInputWidget(attributes)
            if isinstance(of, models.CharField)
            else UnfoldAdminTextareaWidget({**attributes, "rows": 4}),
        )
        field.place = (language, text)  # type: ignore[attr-defined]
        return field
