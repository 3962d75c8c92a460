"""Detection of credentials that are stored in the open: in an address, a header or a fixed value."""

from __future__ import annotations

import re
from urllib.parse import unquote

# Names that mean a credential whatever the value is, at the end of the whole name: X-Shop-Api-Key, client_secret.
_NAMED = re.compile(
    r"(?:^|[-_.])(?:api[-_]?key|access[-_]?key|subscription[-_]?key|auth[-_]?key|secret[-_]?key|private[-_]?key"
    r"|(?:client|app|api|shared)[-_]?secret|secret|password|passwd|passphrase|pwd|authorization"
    r"|(?:api|auth|access|bearer|session|private|user|client)[-_]?token)$|^(?:x[-_])?token$",
    re.IGNORECASE,
)
# Names that may mean one, and do with a value that looks like it.
_MAYBE = re.compile(
    r"(?:^|[-_.])(?:key|auth|sig|signature|credentials?|code|app[-_]?id|sid|session(?:[-_]?id)?|access|hash|hmac|ticket|pass"
    r"|license)$",
    re.IGNORECASE,
)
_OPAQUE = re.compile(r"(?=[^ ]*[0-9])(?=[^ ]*[A-Za-z])[A-Za-z0-9+/=_.~-]{16,}")
# What is one under any name: a scheme of HTTP, a signed token, keys that say whose they are.
_KNOWN = re.compile(
    r"(?:bearer|basic|token|digest)\s+[\w+/=.~-]{8,}|eyJ[\w-]{8,}\.eyJ[\w-]+|(?:sk|rk)[-_][\w-]{12,}|gh[pousr]_\w{20,}"
    r"|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}|whsec_\S{16,}",
    re.IGNORECASE,
)
# Addresses that are credentials themselves: webhooks of Slack, Discord, Teams and Zapier, and Telegram's bots.
_IN_PATH = re.compile(
    r"/services/T[0-9A-Z]{6,}/B[0-9A-Z]{6,}/(?P<slack>[0-9A-Za-z]{16,})|/api/webhooks/[0-9]{8,}/(?P<discord>[\w-]{24,})"
    r"|/bot(?P<telegram>[0-9]{5,}:[\w-]{20,})(?=/)|/IncomingWebhook/(?P<teams>[0-9a-f]{24,})"
    r"|/hooks/catch/(?P<zapier>[0-9]+/[0-9a-z]{6,})",
    re.IGNORECASE,
)


def in_path(path: str) -> str:
    """The part of `path` that is a credential, by all that can be seen; "" where there is none."""
    if found := _IN_PATH.search(path):
        return str(found[found.lastgroup or 0])
    return next((part for part in path.split("/") if _KNOWN.fullmatch(unquote(part))), "")


def is_credential(name: str, value: str) -> bool:
    """Whether `value`, sent under `name`, is a credential by all that can be seen."""
    value = unquote(value).strip()
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", unquote(name).strip())
    if not value:
        return False
    return bool(_NAMED.search(words) or _KNOWN.match(value) or (_MAYBE.search(words) and _OPAQUE.fullmatch(value)))
