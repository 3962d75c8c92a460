"""Who is booked, and what they said: the page on which staff correct it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from assistant.admin.booking.schedule_forms import entered, own_input, validate_phone
from assistant.errors import InterworkyError, ToolError
from assistant.models import Appointment
from assistant.services.booking.invitations import form_fields
from assistant.services.booking.staff import by_staff

CONTACT = ("name", "email", "phone", "reason")


class DetailsForm(forms.Form):
    """Contact details, and the fields of the service, none of which staff have to fill in."""

    name = forms.CharField(max_length=120)
    email = forms.CharField(label="E-mail", max_length=254, required=False)
    phone = forms.CharField(max_length=40, required=False, validators=[validate_phone])
    reason = forms.CharField(label="Notes", max_length=300, required=False)

    def __init__(self, appointment: Appointment, data: Any = None) -> None:
        super().__init__(data, initial={name: getattr(appointment, name) for name in CONTACT})
        self.appointment = appointment
        self.own = [{**field, "optional": True} for field in form_fields.own_fields(appointment.service)]
        before = {f"{form_fields.OWN}{one['field']}": one["given"] for one in appointment.answers}
        for field in self.own:
            self.fields[field["name"]] = own_input(field, before.get(field["name"], ""))
        if appointment.start_at > timezone.now():
            about = "To the address above, with the appointment as it is now."
            self.fields["notify"] = forms.BooleanField(label="Send confirmation", help_text=about, required=False)
        for one in self.fields.values():
            if not isinstance(one.widget, forms.CheckboxInput):
                one.widget.attrs["class"] = "iw-input"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        checked = [field for field in self.own if field["name"] in cleaned]
        for name, why in form_fields.problems(checked, self.given(), "en").items():
            self.add_error(name, why)
        if cleaned.get("notify") and not cleaned.get("email") and "email" not in self.errors:
            self.add_error("email", "Enter the address that the confirmation is sent to.")
        return cleaned

    def given(self) -> dict[str, str]:
        """What was entered, by the names of the fields, ticks as the form of visitors has them."""
        return entered(self.own, self.cleaned_data)

    def save(self) -> None:
        """Raises `ToolError` for an address that is none, or that too many e-mails went to today."""
        contact = {name: self.cleaned_data[name] for name in CONTACT}
        notify = self.cleaned_data.get("notify", False)
        by_staff.correct(self.appointment, **contact, answers=self.given(), notify_visitor=notify)


def page(model_admin: Any, request: HttpRequest, object_id: Any) -> HttpResponse:
    """Of an appointment that the user may book and cancel as well."""
    row = model_admin.get_object(request, str(object_id))
    if not model_admin.may_operate(request, row):
        raise PermissionDenied
    form = DetailsForm(row, request.POST if request.method == "POST" else None)
    back = reverse("admin:assistant_appointment_change", args=[row.pk])
    if form.is_bound and form.is_valid():
        try:
            form.save()
        except ToolError as error:
            form.add_error("email" if error.code in ("bad_email", "too_many_emails") else None, str(error))
        except InterworkyError as error:
            form.add_error(None, str(error))
        else:
            model_admin.message_user(request, f"The details of {row.reference} are changed.", messages.SUCCESS)
            return HttpResponseRedirect(back)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "original": row,
        "title": f"Details of {row}",
        "form": form,
        "back": back,
    }
    return TemplateResponse(request, "admin/assistant/appointment_details.html", context)
