"""The page with every state of the widget."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model

from widget.assets import version

pytestmark = pytest.mark.django_db


def test_staff_see_the_gallery_and_nobody_else_does(client, settings):
    settings.DEMO_SITE = False
    assert client.get("/widget/gallery").status_code == 404
    client.force_login(get_user_model().objects.create_user("visitor", password="x"))
    assert client.get("/widget/gallery").status_code == 404
    client.force_login(get_user_model().objects.create_user("staff", password="x", is_staff=True))
    page = client.get("/widget/gallery")
    assert page.status_code == 200 and f"/widget/{version()}/gallery.js" in page.content.decode()
    assert "connect-src" not in page["content-security-policy"] and "default-src 'none'" in page["content-security-policy"]


def test_on_a_demonstration_anybody_sees_it(client, settings):
    settings.DEMO_SITE = True
    assert client.get("/widget/gallery").status_code == 200
