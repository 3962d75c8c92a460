"""Start-up checks of the widget.

widget.E001  the built widget is not there, so the script tag would load nothing
"""

from __future__ import annotations

from collections.abc import Iterable

from django.core.checks import CheckMessage, Error, register

from widget.assets import assets

BUILT = ("loader.js", "panel.js")


@register()
def bundle(app_configs: object, built: Iterable[str] = BUILT, **kwargs: object) -> list[CheckMessage]:
    missing = [name for name in built if name not in assets()]
    if not missing:
        return []
    return [
        Error(
            f"static/widget/dist lacks {' and '.join(missing)}.",
            hint="It is part of the repository; to rebuild it: npm ci && npm run build",
            id="widget.E001",
        )
    ]
