"""Signatures of links, codes and ids: made with SECRET_KEY, and accepted from SECRET_KEY_FALLBACKS too.

docs/operations.md lists what is signed, and for how long an old key has to be kept for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.core.signing import Signer
from django.utils.crypto import constant_time_compare, salted_hmac


def signer(salt: str) -> Signer:
    """Signs a text for an address: "text.signature". Reads the keys each time, as everything here does."""
    return Signer(salt=salt, sep=".")


def digests(salt: str, text: str) -> Iterator[str]:
    """The text's digest under each key, in hexadecimal: the first is what is given out today, all are accepted."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield salted_hmac(salt, text, key, algorithm="sha256").hexdigest()


def sign(salt: str, text: str, chars: int) -> str:
    """The text's signature, in `chars` hexadecimal digits."""
    return next(digests(salt, text))[:chars]


def is_signed(salt: str, text: str, signature: str, chars: int) -> bool:
    """Whether it is the text's signature, by any of the keys."""
    return any([constant_time_compare(signature, digest[:chars]) for digest in digests(salt, text)])
