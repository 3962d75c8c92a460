"""The appearance of the admin: Unfold's settings. `assistant.admin` decides what it shows, and to whom."""

from collections.abc import Callable

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy


def stylesheet(name: str) -> Callable[[HttpRequest], str]:
    return lambda request: static(f"admin-extra/styles/{name}.css")


def script(name: str) -> Callable[[HttpRequest], str]:
    return lambda request: static(f"admin-extra/{name}.js")


# What every page may need. What belongs to one page, such as statistics, its template links. They are files and not one
# bundle, since the server needs no build: browsers ask for all of them at once, and keep them.
STYLESHEETS = ("base", "layout", "controls", "forms", "lists", "notices")
SCRIPTS = ("lists", "notices")

UNFOLD = {
    "SITE_TITLE": "Interworky",
    "SITE_HEADER": "Interworky",
    "SITE_SYMBOL": "forum",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("admin-extra/icon.svg")},
        {"rel": "manifest", "href": lambda request: reverse("web-app-manifest")},
        {"rel": "apple-touch-icon", "href": lambda request: static("admin-extra/push/icon-180.png")},
    ],
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [stylesheet(name) for name in STYLESHEETS],
    "SCRIPTS": [script(name) for name in SCRIPTS],
    "DASHBOARD_CALLBACK": "assistant.admin.dashboard.dashboard",
    "ENVIRONMENT": "assistant.admin.navigation.environment",
    "LOGIN": {"form": "interworky.login.LoginForm"},
    "ACCOUNT": {
        "navigation": [
            {"title": "Two-factor and passkeys", "link": reverse_lazy("mfa_index")},
            {"title": "Where you are logged in", "link": reverse_lazy("usersessions_list")},
        ]
    },
    "SIDEBAR": {"navigation": "assistant.admin.navigation.sidebar"},
    "BORDER_RADIUS": "8px",
    "COLORS": {
        "primary": {
            "50": "oklch(98.4% .014 180.72)",
            "100": "oklch(95.3% .051 180.801)",
            "200": "oklch(91% .096 180.426)",
            "300": "oklch(85.5% .138 181.071)",
            "400": "oklch(77.7% .152 181.912)",
            "500": "oklch(65% .13 182.503)",
            "600": "oklch(51.1% .096 186.391)",
            "700": "oklch(43.7% .078 188.216)",
            "800": "oklch(38.6% .063 188.416)",
            "900": "oklch(32% .05 188)",
            "950": "oklch(27.7% .046 192.524)",
        }
    },
}
