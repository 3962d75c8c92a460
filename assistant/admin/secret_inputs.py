"""Inputs for secrets: write-only, and with a message when one that was entered could not be saved."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminPasswordWidget

NOT_SAVED = "Enter {what} again: it was not saved, because of another error on this page."


class SecretInput(forms.PasswordInput):
    """Never renders a secret. Whether one was entered is rendered, so that the form can ask for it again."""

    entered_before = False

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        shown = super().render(name, value, attrs, renderer)
        if not self.entered_before:
            return shown
        return format_html('{}<input type="hidden" name="{}_again" value="1">', shown, name)


class UnfoldSecretInput(SecretInput, UnfoldAdminPasswordWidget):
    """The same in the look of the admin's own fields."""


def ask_again(form: forms.BaseForm, names: list[str], what: str) -> None:
    """Ask for each secret of `names` that was entered into `form`, which is not saved."""
    for name in names:
        if form.cleaned_data.get(name):
            form.fields[name].widget.entered_before = True
            if name not in form.errors:
                form.add_error(name, NOT_SAVED.format(what=what))
