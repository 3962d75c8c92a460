"""What our log does not keep."""

from __future__ import annotations

import io
import logging

import pytest
from django.test import Client


@pytest.mark.django_db
def test_the_address_of_an_appointments_page_is_in_no_line_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    [handler] = [one for one in logging.getLogger().handlers if type(one) is logging.StreamHandler]
    stream = io.StringIO()
    monkeypatch.setattr(handler, "stream", stream)
    secret = "0d6a1c2e.the-signature_of:it"
    assert Client().put(f"/appointments/{secret}/").status_code == 405
    assert Client().get(f"/appointments/{secret}/invitation.ics?x=1").status_code == 404
    logging.getLogger("assistant").error("%s failed after %d s", f"https://chat.example.com/appointments/{secret}/", 3)
    said = stream.getvalue()
    assert "/appointments/…/ failed after 3 s" in said
    assert said.count("/appointments/…/") == 3 and secret not in said
