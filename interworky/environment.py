"""django-environ with strict parsing. Errors name the variable and never show its value, which may be a secret."""

from __future__ import annotations

import difflib
import json
import logging
import re
import shlex
from collections.abc import Iterable, Mapping
from email.utils import parseaddr, quote
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
import idna
from django.core.exceptions import ImproperlyConfigured

WITHOUT_HOST = {"postgres", "postgresql", "memory", "consolemail"}
# How a mail server is connected to: with which of Django's settings, and on which port where none is given (RFC 8314).
MAIL_SCHEMES: dict[str, tuple[str, int]] = {
    "smtp": ("", 25),
    "smtp+tls": ("EMAIL_USE_TLS", 587),
    "smtp+ssl": ("EMAIL_USE_SSL", 465),
    "smtps": ("EMAIL_USE_SSL", 465),
}
MAILBOX = re.compile(r"(?:(?P<name>[^<>]*?)\s*<(?P<boxed>[^<>]+)>|(?P<bare>[^<>]+))")
# An address whose local part every mail server takes (RFC 5321, without the SMTPUTF8 extension).
ADDRESS = re.compile(r"[\w!#$%&'*+/=?^`{|}~.-]{1,64}@[^\s@<>,;:\"()]{1,255}")
TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


class Environment(environ.Env):
    """Typed values of the environment. Surrounding whitespace, a BOM and a pair of quotes are stripped from a value;
    a blank value counts as unset. Raises `ImproperlyConfigured` with the variable's name and what was expected.
    """

    def __init__(self) -> None:
        super().__init__()
        self.known: set[str] = set()  # every variable that was read

    def get_value(self, var: str, cast: Any = None, default: Any = "", parse_default: bool = False) -> Any:
        # All of environ's typed readers end here. Its own version takes "$…" for the name of another variable and any
        # unknown word for False, and shows a value that it cannot parse.
        self.known.add(var)
        text = self.ENVIRON.get(var, "")
        if any(ord(c) < 32 or 0xDC80 <= ord(c) <= 0xDCFF for c in text.strip()):  # the latter: bytes that are not UTF-8
            raise ImproperlyConfigured(f"{var} holds control characters or is not UTF-8.")
        text = text.strip().strip("\ufeff").strip()
        if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
            text = text[1:-1].strip()
        if not text:
            return default
        if cast in (list, [str]):
            return [item.strip() for item in text.split(",") if item.strip()]
        if cast is bool:
            if text.lower() not in TRUE | FALSE:
                raise ImproperlyConfigured(f"{var} must be true or false.")
            return text.lower() in TRUE
        if cast is int:
            if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
                raise ImproperlyConfigured(f"{var} must be a whole number.")
            return int(text)
        return text

    def number(self, var: str, default: int, low: int, high: int) -> int:
        value: int = self.int(var, default=default)
        if not low <= value <= high:
            raise ImproperlyConfigured(f"{var} must be between {low} and {high}.")
        return value

    def address(self, var: str, *schemes: str, default: str = "") -> str:
        """A URL with one of `schemes`, a host where the scheme needs one, and a port that exists; or `default`."""
        text: str = self.str(var, default=default)
        try:
            parts = urlsplit(text)
            usable = parts.scheme in schemes and parts.port != 0 and not re.search(r"\s", text)
            usable = usable and bool(parts.hostname or parts.scheme in WITHOUT_HOST)
        except ValueError:
            usable = False
        if text and not usable:
            raise ImproperlyConfigured(f"{var} must be an address like {' or '.join(f'{s}://…' for s in schemes)}.")
        return text

    def mail_server(self, var: str) -> dict[str, Any]:
        """Django's settings for a mail server by its address, such as smtp+tls://user:password@host:587; {} where unset.

        The parts of an address are percent-encoded. A password with a "/" or "#" that is not would make a host of the user
        and a port of what begins the password, so nothing may follow the port.
        """
        text = self.address(var, *MAIL_SCHEMES, "consolemail")
        parts = urlsplit(text)
        if not text or parts.scheme == "consolemail":
            return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"} if text else {}
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if parts.path.strip("/") or parts.query or parts.fragment or "#" in text or "?" in text:
            raise ImproperlyConfigured(
                f"{var} must end with host and port. Write special characters of the password as %2F for /, %23 for #, "
                "%3F for ? and %40 for @."
            )
        if not all(" " <= char <= "~" for char in user + password):
            raise ImproperlyConfigured(f"{var} may only have ASCII characters in user and password: SMTP has no others.")
        if password and not user:
            raise ImproperlyConfigured(f"{var} has a password but no user, as in smtp+tls://user:password@host:587.")
        encryption, port = MAIL_SCHEMES[parts.scheme]
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": self._host(var, unquote(parts.hostname or "")),
            "EMAIL_PORT": parts.port or port,
            "EMAIL_HOST_USER": user,
            "EMAIL_HOST_PASSWORD": password,
            "EMAIL_USE_TLS": encryption == "EMAIL_USE_TLS",
            "EMAIL_USE_SSL": encryption == "EMAIL_USE_SSL",
        }

    def _host(self, var: str, host: str) -> str:
        """As it is looked up: by IDNA 2008, since the library of Python takes straße.example for strasse.example."""
        try:
            return host if host.isascii() else idna.encode(host, uts46=True, transitional=False).decode()
        except idna.IDNAError as error:
            raise ImproperlyConfigured(f"{var} has an invalid host name.") from error

    def mailbox(self, var: str, default: str) -> str:
        """One e-mail address, with a name or without, in which `parseaddr` finds both."""
        text: str = self.str(var, default=default)
        found = MAILBOX.fullmatch(text)
        address = ((found["boxed"] or found["bare"]) if found else "").strip()
        if text and not (ADDRESS.fullmatch(address) and address.rpartition("@")[0].isascii()):
            raise ImproperlyConfigured(f"{var} must be one e-mail address, such as Bright Smile Dental <desk@example.com>.")
        if not address.isascii():
            local, _, domain = address.rpartition("@")
            text = text.replace(domain, self._host(var, domain))
            address = f"{local}@{self._host(var, domain)}"
        name = (found["name"] or "").strip() if found else ""
        if parseaddr(text) == (name, address):
            return text
        bare = name[1:-1].replace('\\"', '"').replace("\\\\", "\\") if re.fullmatch(r'".*"', name) else name
        return f'"{quote(bare)}" <{address}>'

    def origin(self, var: str, default: str) -> str:
        """`http(s)://host[:port]` and nothing after it."""
        text = self.address(var, "http", "https", default=default).rstrip("/")
        parts = urlsplit(text)
        if parts.path or parts.query or parts.fragment or parts.username is not None:
            raise ImproperlyConfigured(
                f"{var} must consist of scheme, host and port only, such as https://chat.example.com."
            )
        return text

    def choice(self, var: str, default: str, choices: Iterable[str]) -> str:
        text: str = self.str(var, default=default)
        if text not in choices:
            raise ImproperlyConfigured(f"{var} is not one of the values it may have.")
        return text

    def json_object(self, var: str, default: dict[str, Any]) -> dict[str, Any]:
        """An object in JSON."""
        text: str = self.str(var, default="")
        try:
            value = json.loads(text) if text else default
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise ImproperlyConfigured(f'{var} must be a JSON object, such as {{"bucket_name": "chat-files"}}.')
        return value

    def scanner(self, var: str) -> list[str]:
        """A command as its words, or an address as one word: of clamd, `tcp://host:port` or `unix:///path`, or of a service,
        `https://host/path`; or nothing."""
        text: str = self.str(var, default="")
        try:
            words = shlex.split(text)
            parts = urlsplit(words[0] if words else "")
            by_http = bool(parts.hostname) and not (parts.username or parts.password)
            usable = {
                "tcp": bool(parts.hostname and parts.port), "unix": bool(parts.path), "http": by_http, "https": by_http,
            }.get(parts.scheme, not parts.scheme)  # fmt: skip
        except ValueError:
            usable, words, parts = False, [], urlsplit("")
        if not usable or (parts.scheme and len(words) > 1):
            raise ImproperlyConfigured(
                f"{var} must be a command, clamd's address (tcp://host:3310 or unix:///path), "
                f"or that of a service (https://host/path) whose token is in {var}_TOKEN."
            )
        return words

    def misspelt(self, present: Mapping[str, str]) -> dict[str, str]:
        """Variables whose names look like misspelt names of ours: name → the name that was probably meant."""
        found = {}
        for name in present:
            if name not in self.known:
                near = difflib.get_close_matches(name, self.known, n=1, cutoff=0.88)
                if near and len(name) > 5:
                    found[name] = near[0]
        return found


def read_dotenv(path: Path) -> None:
    """Read variables that the environment does not set from `path`. Raises `ImproperlyConfigured` for an invalid line."""
    if not path.is_file():
        return
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{path} is not UTF-8.") from None
    for number, line in enumerate(lines, 1):
        if line.strip() and not re.match(r"\s*(#|(export )?[A-Za-z_0-9]+=)", line):
            raise ImproperlyConfigured(f"{path}, line {number} is neither NAME=value nor a comment.")
    logging.getLogger("environ").setLevel(logging.CRITICAL)  # it would log lines that it cannot parse
    environ.Env.read_env(path, encoding="utf-8-sig")
