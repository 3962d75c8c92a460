"""Secrets at rest, encrypted for one row and field and readable only there.

A sealed text names the key that sealed it and is bound to its context (organization, table, field, origin …) as
associated data: copied to another row or organization, or with its key gone, it does not open. It never opens to
something else, so nothing but the right secret can ever be sent as a credential.
"""

from __future__ import annotations

import base64
import hashlib
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NONCE_BYTES = 12


class SecretUnreadable(Exception):
    """The key is missing, or the sealed text belongs to another place. Carries no content."""


def new_key() -> str:
    """A fresh field key: 32 random bytes, URL-safe base64."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


@lru_cache(maxsize=4)
def _keys(encoded: tuple[str, ...]) -> dict[str, AESGCM]:
    keys = {}
    for number, text in enumerate(encoded, 1):
        try:
            raw = base64.urlsafe_b64decode(text.strip())
        except ValueError:
            raw = b""
        if len(raw) != 32:
            raise ImproperlyConfigured(f"FIELD_KEYS: key {number} is not 32 bytes of URL-safe base64.")
        keys[hashlib.sha256(raw).hexdigest()[:8]] = AESGCM(raw)
    if not keys:
        raise ImproperlyConfigured("FIELD_KEYS is empty: stored secrets cannot be sealed or opened.")
    return keys


def known_keys() -> set[str]:
    """The names of FIELD_KEYS. Raises `ImproperlyConfigured` when one of them is no key."""
    return set(_keys(tuple(settings.FIELD_KEYS)))


def sealed_with(sealed: str) -> str:
    """The name of the key that sealed it; empty for what is no sealed text."""
    version, _, rest = sealed.partition(".")
    return rest.partition(".")[0] if version == "v1" else ""


def seal(text: str, *bound_to: object) -> str:
    """`text` sealed with the first of FIELD_KEYS for the context `bound_to`; an empty text stays empty."""
    if not text:
        return ""
    name, key = next(iter(_keys(tuple(settings.FIELD_KEYS)).items()))
    nonce = os.urandom(NONCE_BYTES)
    sealed = key.encrypt(nonce, text.encode(), _context(bound_to))
    return f"v1.{name}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def unseal(sealed: str, *bound_to: object) -> str:
    """What `seal` was given. Raises `SecretUnreadable` for another context, a lost key or a damaged text."""
    if not sealed:
        return ""
    try:
        version, name, body = sealed.split(".")
        raw = base64.urlsafe_b64decode(body)
        key = _keys(tuple(settings.FIELD_KEYS))[name]
        if version != "v1":
            raise ValueError(version)
        return key.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _context(bound_to)).decode()
    except (ValueError, KeyError, InvalidTag) as error:
        raise SecretUnreadable("A stored secret does not open here: its key is gone, or it belongs elsewhere.") from error


def seal_bytes(content: bytes, *bound_to: object) -> bytes:
    """`content` sealed as `seal` does it, with the key's name in front: for files."""
    name, key = next(iter(_keys(tuple(settings.FIELD_KEYS)).items()))
    nonce = os.urandom(NONCE_BYTES)
    return b"v1.%s." % name.encode() + nonce + key.encrypt(nonce, content, _context(bound_to))


def unseal_bytes(sealed: bytes, *bound_to: object) -> bytes:
    """What `seal_bytes` was given. Raises `SecretUnreadable` as `unseal` does."""
    try:
        version, name, raw = sealed.split(b".", 2)
        key = _keys(tuple(settings.FIELD_KEYS))[name.decode()]
        if version != b"v1":
            raise ValueError(version)
        return key.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _context(bound_to))
    except (ValueError, KeyError, InvalidTag) as error:
        raise SecretUnreadable("A stored file does not open here: its key is gone, or it belongs elsewhere.") from error


def _context(parts: tuple[object, ...]) -> bytes:
    # Length-prefixed, so that ("a", "bc") and ("ab", "c") are different contexts.
    return b"".join(b"%d:%s" % (len(part), part) for part in (str(p).encode() for p in parts))
