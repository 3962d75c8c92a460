"""The secrets of a method, as part of its form."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from assistant.admin.secret_inputs import SecretInput, ask_again
from assistant.models import Method
from assistant.tools.kind import Kind

SPARE_SECRETS = 2


class SecretsForm(forms.Form):
    """Write-only: a stored secret is never sent back to the browser, only the fact and the date that it was set."""

    def __init__(self, kind: Kind, method: Method, data: Any = None) -> None:
        super().__init__(data, prefix="secrets")
        self.kind = kind
        self.method = method
        self.kept = dict(method.secrets)  # as they were: `apply` changes the method's
        self.names = list(dict.fromkeys([*kind.secrets, *self.kept]))
        for name in self.names:
            self.fields[f"value_{name}"] = _secret_field(name.replace("_", " ").capitalize())
            if name in self.kept:
                self.fields[f"forget_{name}"] = forms.BooleanField(required=False)
        for number in range(SPARE_SECRETS if kind.own_secrets else 0):
            attrs = {"class": "iw-input", "placeholder": "Name", "autocomplete": "off"}
            self.fields[f"name_{number}"] = forms.RegexField(
                r"\A[A-Za-z_][A-Za-z0-9_]{0,63}\Z", required=False, widget=forms.TextInput(attrs)
            )
            self.fields[f"more_{number}"] = _secret_field("Additional secret")

    def lines(self) -> list[dict[str, Any]]:
        """One line for the template per secret that is set or can be set."""
        found = []
        for name in self.names:
            entry = self.kept.get(name)
            found.append(
                {
                    "value": self[f"value_{name}"],
                    "forget": self[f"forget_{name}"] if entry else None,
                    "hint": entry["hint"] if entry else "",
                    "at": datetime.fromisoformat(entry["at"]) if entry else None,
                }
            )
        return found

    def spares(self) -> list[tuple[Any, Any]]:
        return [(self[f"name_{n}"], self[f"more_{n}"]) for n in range(SPARE_SECRETS if self.kind.own_secrets else 0)]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        for name in self._values():
            if self.data.get(f"{self.add_prefix(name)}_again") and not cleaned.get(name):
                self.add_error(name, "Enter it again, or open this page again to continue without it.")
        taken = set(self.names)
        for number in range(SPARE_SECRETS if self.kind.own_secrets else 0):
            own_name, value = cleaned.get(f"name_{number}"), cleaned.get(f"more_{number}")
            if value and own_name == "":
                self.add_error(f"name_{number}", "Give this secret a name.")
            elif own_name and not value and f"more_{number}" not in self.errors:
                self.add_error(f"more_{number}", "Enter the secret, or clear its name.")
            elif own_name and own_name in taken:
                self.add_error(f"name_{number}", "There is a secret of this name above.")
            taken.add(own_name)
        return cleaned

    def _values(self) -> list[str]:
        return [name for name in self.fields if name.startswith(("value_", "more_"))]

    def ask_again(self) -> None:
        """The method is not saved, and neither is what was entered here."""
        ask_again(self, self._values(), "it")

    def apply(self) -> None:
        """Set and delete secrets on the method, which the caller saves. Its URL must already be the new one."""
        for name in self.names:
            if self.cleaned_data.get(f"value_{name}"):
                self.method.set_secret(name, self.cleaned_data[f"value_{name}"])
            elif self.cleaned_data.get(f"forget_{name}"):
                self.method.set_secret(name, "")
        for number in range(SPARE_SECRETS if self.kind.own_secrets else 0):
            name, value = self.cleaned_data[f"name_{number}"], self.cleaned_data[f"more_{number}"]
            if name and value:
                self.method.set_secret(name, value)


def _secret_field(label: str) -> forms.CharField:
    widget = SecretInput({"class": "iw-input", "autocomplete": "new-password"}, render_value=False)
    return forms.CharField(label=label, required=False, max_length=8000, strip=True, widget=widget)
