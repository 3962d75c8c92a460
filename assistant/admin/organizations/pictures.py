"""Uploading, seeing and removing the logo of an organization and the avatar of an assistant."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from unfold.decorators import display

from assistant.errors import InputError
from assistant.services.files.images import DrawnImage, Shape
from assistant.services.organizations import pictures

ABOUT = (
    f"JPEG, PNG, WebP or GIF, of at most {pictures.MAX_MB} MB. It is stored smaller, without its metadata, and is public."
)
AGAIN = "Choose the picture again: it was not saved, because of another error on this page."


class PictureInput(forms.ClearableFileInput):
    """The picture that there is, with a tick to remove it, and a file to upload."""

    template_name = "admin/assistant/picture_input.html"
    shown: dict[str, Any] | None = None

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return {**super().get_context(name, value, attrs), "shown": self.shown}

    def is_initial(self, value: Any) -> bool:
        return False  # it is `shown`


class PictureField(forms.FileField):
    """Cleans to what is to be kept of the upload, to False where the picture is to be removed, or to None."""

    default_error_messages = {
        "empty": "The file is empty. Choose another one.",
        "contradiction": "Either choose a picture or remove the one that there is, not both.",
    }

    def __init__(self, shape: Shape, **kwargs: Any) -> None:
        self.shape = shape
        attrs = {"accept": pictures.ACCEPTED, "class": "iw-input"}
        super().__init__(required=False, widget=PictureInput(attrs), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> DrawnImage | bool | None:
        given = super().clean(data, None)
        if not isinstance(given, UploadedFile):
            return False if given is False else None
        examine(given, self.shape)
        if isinstance(given.examined, InputError):  # type: ignore[attr-defined]
            raise ValidationError(str(given.examined), code=given.examined.code)  # type: ignore[attr-defined]
        found: DrawnImage = given.examined  # type: ignore[attr-defined]
        return found


def examine(file: Any, shape: Shape) -> None:
    """Draw what was uploaded, once. The admin's forms are cleaned in a transaction, which must not wait for that."""
    if not hasattr(file, "examined"):
        try:
            file.examined = pictures.examined(file, shape)
        except InputError as error:
            file.examined = error


class PictureForm(forms.ModelForm):
    """A form whose instance has a picture, in the field named by `picture`; `save_picture` is called once it is saved."""

    picture = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.picture in self.fields:
            widget: Any = self.fields[self.picture].widget
            widget.shown = shown(self.instance)

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and self.errors and isinstance(self.cleaned_data.get(self.picture), DrawnImage):
            self.add_error(self.picture, AGAIN)

    def save_picture(self) -> None:
        match self.cleaned_data.get(self.picture):
            case DrawnImage() as drawn:
                pictures.keep(self.instance, drawn)
            case False:
                pictures.remove(self.instance)


def shown(owner: pictures.Owner) -> dict[str, Any] | None:
    """What the templates need to show the owner's picture: on the page's own host, as its policy requires."""
    found = pictures.of(owner)
    if found is None:
        return None
    return {"src": pictures.path_of(found), "width": found.width, "height": found.height, "alt": str(found)}


class WithPicture:
    """An admin whose form is a `PictureForm`."""

    form: type[PictureForm]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        name = self.form.picture
        if name in request.FILES and self.has_add_or_change_permission(request):
            field: Any = self.form.base_fields[name]
            examine(request.FILES[name], field.shape)
        return super().changeform_view(request, object_id, form_url, extra_context)  # type: ignore[misc]

    def has_add_or_change_permission(self, request: HttpRequest) -> bool:
        may: bool = self.has_change_permission(request) or self.has_add_permission(request)  # type: ignore[attr-defined]
        return may

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """For those who may only look: the picture alone."""
        found: Any = super().get_fieldsets(request, obj)  # type: ignore[misc]
        if obj is None or self.has_change_permission(request, obj):  # type: ignore[attr-defined]
            return found
        seen = {self.form.picture: "picture_shown"}
        return [(title, {**of, "fields": [seen.get(str(one), one) for one in of["fields"]]}) for title, of in found]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "picture_shown"]  # type: ignore[misc]

    @display(description="Picture")
    def picture_shown(self, obj: Any) -> str:
        return render_to_string("admin/assistant/picture.html", {"shown": shown(obj)})

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)  # type: ignore[misc]
        form.save_picture()
