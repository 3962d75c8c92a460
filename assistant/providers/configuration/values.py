"""Single values of a provider's settings: read, normalised, or refused with what is wrong and what to do."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import idna

from assistant.providers import presets
from assistant.providers.configuration.settings import ROTATIONS, Rotation

MAX_WEIGHT = 1000
MAX_RETRIES = 10
MAX_SILENCE_SECONDS = 600
MAX_KEY_CHARS = 4096
MAX_URL_CHARS = 2048
MAX_MODEL_CHARS = 200


class BadValue(ValueError):
    """A value that cannot be used: `code` for machines, `str()` for people, `hint` says how to fix it. It never holds the
    value."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint


def clean_key(key: str) -> str:
    """The key as it is sent. Raises `BadValue` for what cannot be one; its shape is the preset's business."""
    key = key.strip()
    if len(key) > MAX_KEY_CHARS:
        raise BadValue("key_too_long", f"is longer than {MAX_KEY_CHARS} characters", "Paste the key alone.")
    if re.match(r"(?i)bearer\s", key):
        raise BadValue(
            "key_with_bearer", "starts with the word Bearer", "Leave the word out: it is added when the key is sent."
        )
    if any(mark in key for mark in ("***", "•", "…")):
        raise BadValue("key_masked", "is a masked key, not the key itself", "Copy the key again from where it was created.")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise BadValue(
            "key_characters",
            "contains a space, a line break or another character that is not allowed in a key",
            "Paste it again.",
        )
    return key


def clean_model(model: str) -> str:
    """A model's id, which may hold slashes, colons and spaces. Raises `BadValue`."""
    model = model.strip()
    if len(model) > MAX_MODEL_CHARS or not model.isprintable():
        raise BadValue("model_invalid", f"is not a model name of at most {MAX_MODEL_CHARS} printable characters")
    return model


def clean_auth(auth: str) -> str:
    """bearer, none or header:<name>. Raises `BadValue`."""
    kind, _, name = auth.strip().partition(":")
    kind, name = kind.strip().lower(), name.strip()
    if kind in ("bearer", "none") and not name:
        return kind
    forbidden = {"host", "content-length", "content-type", "transfer-encoding", "connection", "cookie", "accept-encoding"}
    if kind == "header" and re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}", name) and name.lower() not in forbidden:
        return f"header:{name}"
    raise BadValue("auth_invalid", "is not a known way to send a key", "Use bearer, none, or header:X-Api-Key.")


def normal_base_url(url: str) -> str:
    """The base under which `/chat/completions` lies, in one spelling. Raises `BadValue`.

    A trailing `/` and a pasted `/chat/completions` or `/models` are cut, an empty path becomes `/v1`, `/v1/v1` becomes
    `/v1`; any other path stays. On Azure an empty path becomes `/openai`, whose deployments `Provider.endpoint` names.
    """
    url = url.strip()
    if len(url) > MAX_URL_CHARS or not url.isprintable() or re.search(r'[\s\\<>"{}|^`]', url):
        raise BadValue(
            "url_characters", "contains characters that are not allowed in an address", "Paste the address again."
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        what = "url_port" if "port" in str(error).lower() else "url_host"
        raise BadValue(what, "does not name a host and port", "For example http://localhost:11434/v1.") from error
    if parts.scheme not in ("http", "https") or not url.lower().startswith(f"{parts.scheme}://"):
        raise BadValue("url_scheme", "must start with http:// or https://", "For example http://localhost:11434/v1.")
    if parts.username is not None or parts.password is not None:
        raise BadValue("url_userinfo", "contains a user name or password", "Enter the key in its own variable or field.")
    azure = is_azure_url(url)
    if parts.fragment or (parts.query and not (azure and list(parse_qs(parts.query)) == ["api-version"])):
        raise BadValue("url_query", "contains a ? or # part", "Remove everything from the ? or # on.")
    if port == 0:
        raise BadValue("url_port", "has port 0", "Ports go from 1 to 65535.")
    netloc = _normal_host(host)
    if port and port != {"http": 80, "https": 443}[parts.scheme]:
        netloc += f":{port}"

    path = re.sub(r"/{2,}", "/", parts.path).rstrip("/")
    if any(piece in (".", "..") for piece in path.split("/")):
        raise BadValue("url_path", "has . or .. in its path", "Write the path without them.")
    path = re.sub(r"/(chat/completions|models)$", "", path)
    path = re.sub(r"(/v1)+$", "/v1", path)
    return f"{parts.scheme}://{netloc}{path or ('/openai' if presets.is_azure(url) else '/v1')}"


def api_version_in(url: str) -> str:
    """The api-version of a pasted Azure address; empty if it has none."""
    return (parse_qs(urlsplit(url.strip()).query).get("api-version") or [""])[0]


def is_azure_url(url: str) -> bool:
    return presets.is_azure(url) or "/openai/deployments/" in urlsplit(url).path


def _normal_host(host: str) -> str:
    host = host.rstrip(".").lower()
    if not host.isascii():
        try:
            # IDNA 2008, as our HTTP client has it: by the older standard, straße.example is another domain, strasse.example.
            host = idna.encode(host, uts46=True, transitional=False).decode()
        except idna.IDNAError as error:
            raise BadValue("url_host", "is not a valid host name", "For example https://api.example.com/v1.") from error
    if ":" in host:
        return f"[{host}]"
    if not re.fullmatch(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", host) or len(host) > 253:
        raise BadValue("url_host", "is not a valid host name", "For example https://api.example.com/v1.")
    return host


def boolean(text: str) -> bool:
    if text.lower() in ("true", "1", "yes", "on"):
        return True
    if text.lower() in ("false", "0", "no", "off"):
        return False
    raise BadValue("boolean_invalid", "is neither true nor false", "Use true or false.")


def integer(text: str, low: int, high: int) -> int:
    if re.fullmatch(r"[0-9]{1,9}", text) and low <= int(text) <= high:
        return int(text)
    raise BadValue("number_invalid", f"is not a whole number from {low} to {high}", f"Use a number from {low} to {high}.")


def plain_text(raw: str) -> tuple[str, str]:
    """A variable's text, and what was ignored in it. Raises `BadValue` for what is not text.

    Container runtimes pass on the quotes and comments of an .env file that a shell would have removed.
    """
    if any("\ud800" <= character <= "\udfff" for character in raw):
        raise BadValue("not_utf8", "is not UTF-8 text", "Save the file that sets it as UTF-8.")
    removed = []
    text = raw.strip().lstrip("\ufeff").strip()
    if text != raw:
        removed.append("white space around it")
    if quoted := re.fullmatch(r"""(["'])(.*?)\1(\s+#.*)?""", text, re.DOTALL):
        removed.append("quotes around it")
        text = quoted[2].strip()
    elif comment := re.search(r"(^|\s+)#", text):
        removed.append("a comment behind it")
        text = text[: comment.start()]
    if not all(character.isprintable() for character in text):
        raise BadValue("control_characters", "contains a line break or a control character", "Set it again, on one line.")
    return text, " and ".join(removed)


def rotation(text: str) -> Rotation:
    plain = text.lower().replace("_", "-").replace(" ", "-")
    for known in ROTATIONS:
        if plain in (known, known.replace("-", "")):
            return known
    raise BadValue("rotation_unknown", "is not a known rotation", f"Use one of {', '.join(ROTATIONS)}.")
