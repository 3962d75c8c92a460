"""A token says who a visitor is only where the organization's server has signed it, for this assistant, and for today."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.core.exceptions import ValidationError

from assistant.errors import NotAllowed
from assistant.models import Assistant, IdentityKey, Organization, VisitorAttribute
from assistant.services.organizations import identity
from tests import make

pytestmark = pytest.mark.django_db

SECRET = "a-secret-of-the-shop-s-own-server-0123456789"
PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def shared_key(of: Organization, secret: str = SECRET, **fields: Any) -> IdentityKey:
    key = IdentityKey(organization=of, name="Shop", **fields)
    key.set_secret(secret)
    key.save()
    return key


def public_key(of: Organization, **fields: Any) -> IdentityKey:
    return IdentityKey.objects.create(organization=of, name="Shop", algorithm="RS256", public_key=PUBLIC, **fields)


def claims(assistant: Assistant, **changes: Any) -> dict[str, Any]:
    stated = {"aud": assistant.public_key, "sub": "user-7", "exp": int(time.time()) + 3600, **changes}
    return {name: value for name, value in stated.items() if value is not None}


def signed(assistant: Assistant, secret: Any = SECRET, alg: str = "HS256", headers: Any = None, **changes: Any) -> str:
    return jwt.encode(claims(assistant, **changes), secret, alg, headers=headers)


def reason(assistant: Assistant, token: str, subject: str = "") -> str:
    with pytest.raises(NotAllowed) as refused:
        identity.verify(assistant, token, subject)
    assert refused.value.code == "identity_refused" and str(refused.value)
    return refused.value.details["reason"]


def by_hand(header: Any, payload: Any, signature: bytes = b"") -> str:
    def part(value: Any) -> str:
        raw = value if isinstance(value, bytes) else json.dumps(value).encode()
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    return f"{part(header)}.{part(payload)}.{part(signature)}"


@pytest.fixture
def assistant() -> Assistant:
    made = make.assistant()
    shared_key(made.organization)
    return made


def test_a_token_of_the_organizations_server_says_who_the_visitor_is(assistant):
    stated = identity.verify(assistant, signed(assistant, name=" Ada\tLovelace ", email="ada@example.com"), "user-7")
    assert (stated.subject, stated.name, stated.email) == ("user-7", "Ada Lovelace", "ada@example.com")
    assert 3500 < (stated.expires_at.timestamp() - time.time()) <= 3600


def test_a_public_key_verifies_what_its_private_key_has_signed(assistant):
    IdentityKey.objects.all().delete()
    public_key(assistant.organization)
    assert identity.verify(assistant, signed(assistant, PRIVATE, "RS256")).subject == "user-7"


def test_an_address_that_the_server_does_not_vouch_for_is_left_out(assistant):
    assert identity.verify(assistant, signed(assistant, email="ada@example.com", email_verified=False)).email == ""


# --- Attacks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "HS384", "HS512", "ES256", "", None, 1, ["HS256"]])
def test_a_token_without_one_of_the_two_algorithms_is_refused(assistant, alg):
    assert reason(assistant, by_hand({"alg": alg, "typ": "JWT"}, claims(assistant))) == "algorithm"


def test_a_token_without_a_signature_is_refused(assistant):
    head, payload, _ = signed(assistant).split(".")
    assert reason(assistant, f"{head}.{payload}.") in ("signature", "malformed")


def test_a_public_key_is_no_shared_secret(assistant):
    """RS256 mistaken for HS256: anybody has the public key, and could sign with its text."""
    IdentityKey.objects.all().delete()
    public_key(assistant.organization)
    header, payload = {"alg": "HS256", "typ": "JWT"}, claims(assistant)
    draft = by_hand(header, payload).rsplit(".", 1)[0]
    forged = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(draft.encode(), PUBLIC.encode())
    token = f"{draft}.{base64.urlsafe_b64encode(forged).rstrip(b'=').decode()}"
    assert reason(assistant, token) == "algorithm"
    shared_key(assistant.organization)  # nor with another key of the organization that is for HS256
    assert reason(assistant, token) == "signature"


@pytest.mark.parametrize("name", ["jwk", "jku", "x5c", "x5u", "crit", "b64"])
def test_a_token_that_brings_its_own_key_is_refused(assistant, name):
    header = {"alg": "HS256", name: "https://evil.example/keys"}
    assert reason(assistant, by_hand(header, claims(assistant), b"x")) == "own_key"


@pytest.mark.parametrize(
    "kid", ["../../dev/null", "' OR 1=1 --", "", 0, 1, True, ["x"], {"pk": 1}, "00000000-0000-0000-0000-000000000000"]
)
def test_a_key_id_is_looked_for_among_the_organizations_own_keys_and_nowhere_else(assistant, kid):
    assert reason(assistant, by_hand({"alg": "HS256", "kid": kid}, claims(assistant), b"x")) == "unknown_key"


def test_a_key_that_is_named_verifies_alone(assistant):
    other = shared_key(assistant.organization, "another-secret-of-the-same-shop-0123456789")
    assert identity.verify(assistant, signed(assistant)).subject == "user-7"
    assert reason(assistant, signed(assistant, headers={"kid": str(other.pk)})) == "signature"


def test_a_token_for_another_assistant_is_refused(assistant):
    other = make.assistant(assistant.organization, name="Ben")
    assert reason(assistant, signed(other)) == "audience"
    assert reason(assistant, signed(assistant, aud=None)) == "audience"
    assert reason(assistant, signed(assistant, aud=7)) == "audience"


def test_a_token_of_another_organization_is_refused_even_under_the_same_key(assistant):
    other = make.assistant(make.organization("Other"))
    assert reason(other, signed(other)) == "not_set_up"
    shared_key(other.organization, "a-secret-of-the-others-server-0123456789abc")
    assert reason(other, signed(other)) == "signature"
    assert reason(other, signed(other, headers={"kid": str(assistant.organization.identity_keys.get().pk)})) == "unknown_key"
    shared_key(other.organization)
    assert reason(other, signed(assistant)) == "audience"


def test_a_sealed_secret_that_is_copied_to_another_organization_opens_nothing(assistant):
    other = make.assistant(make.organization("Other"))
    stolen = assistant.organization.identity_keys.get().sealed_secret
    IdentityKey.objects.create(organization=other.organization, name="Copy", sealed_secret=stolen)
    assert reason(other, signed(other)) == "signature"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"exp": int(time.time()) - 120}, "expired"),
        ({"exp": int(time.time()) + 13 * 3600}, "lifetime"),
        ({"exp": 10**18}, "claims"),
        ({"exp": None}, "claims"),
        ({"nbf": int(time.time()) + 86_400}, "not_yet_valid"),
        ({"iat": int(time.time()) + 86_400}, "not_yet_valid"),
        ({"sub": None}, "claims"),
        ({"sub": " "}, "claims"),
        ({"sub": "a\x00b"}, "claims"),
        ({"sub": "a" * 256}, "too_large"),
        ({"name": "a" * 121}, "too_large"),
        ({"name": ["Ada"]}, "claims"),
        ({"email": "nobody"}, "claims"),
        ({"attributes": ["plan"]}, "claims"),
        ({"more": "a" * 4000}, "too_large"),
    ],
)
def test_a_claim_that_is_not_acceptable_is_named(assistant, changes, why):
    assert reason(assistant, signed(assistant, **changes)) == why


@pytest.mark.parametrize("sub", [7, ["user-7"], {"id": 7}, True])
def test_a_subject_is_a_text(assistant, sub):
    # PyJWT refuses to make such a token.
    draft = by_hand({"alg": "HS256"}, claims(assistant, sub=sub)).rsplit(".", 1)[0]
    proof = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(draft.encode(), SECRET.encode())
    token = f"{draft}.{base64.urlsafe_b64encode(proof).rstrip(b'=').decode()}"
    assert reason(assistant, token) in ("malformed", "claims")


@pytest.mark.parametrize(
    "token",
    ["", "a.b", "a.b.c.d", "é.b.c", "a b.c.d", by_hand([], {}), by_hand(b"\xff", {}), "W" * 600 + ".e30.e30"],
)
def test_what_is_no_token_is_refused(assistant, token):
    assert reason(assistant, token) == "malformed"


def test_a_header_that_nests_deeply_is_refused_before_anybody_parses_it(assistant):
    assert reason(assistant, by_hand(b"[" * 3000, {}, b"x")) in ("malformed", "too_large")


def test_a_token_about_another_user_than_the_page_says_is_refused(assistant):
    assert reason(assistant, signed(assistant), "user-8") == "subject"


# --- Keys -------------------------------------------------------------------------------------------------------------


def test_two_keys_are_valid_until_one_of_them_is_switched_off(assistant):
    old = assistant.organization.identity_keys.get()
    shared_key(assistant.organization, "the-next-secret-of-the-shop-0123456789abcdef")
    assert identity.verify(assistant, signed(assistant)).subject == "user-7"
    assert identity.verify(assistant, signed(assistant, "the-next-secret-of-the-shop-0123456789abcdef")).subject == "user-7"
    IdentityKey.objects.filter(pk=old.pk).update(enabled=False)
    assert reason(assistant, signed(assistant)) == "signature"


def test_staff_see_when_a_key_was_last_used(assistant):
    unused = shared_key(assistant.organization, "the-next-secret-of-the-shop-0123456789abcdef")
    identity.verify(assistant, signed(assistant))
    used = {key.pk: key.used_at for key in IdentityKey.objects.all()}
    assert used.pop(unused.pk) is None and all(used.values())


def test_a_secret_that_is_too_short_or_a_key_of_another_kind_is_refused():
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    other = ec.generate_private_key(ec.SECP256R1())
    of = {
        name: key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        for name, key in {"small": small, "other": other}.items()
    }
    private = PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for secret in ("", "short", PUBLIC):
        with pytest.raises(ValidationError):
            identity.check_secret(secret)
    for pem in ("", "nonsense", private, of["small"], of["other"]):
        with pytest.raises(ValidationError):
            identity.check_public_key(pem)
    identity.check_secret(SECRET)
    identity.check_public_key(PUBLIC)


# --- Attributes -------------------------------------------------------------------------------------------------------


def test_attributes_are_those_that_staff_have_defined_and_of_their_types(assistant):
    of = assistant.organization
    for name, type in (("plan", "text"), ("seats", "number"), ("trial", "boolean"), ("since", "date"), ("gone", "text")):
        VisitorAttribute.objects.create(organization=of, name=name, label=name.title(), type=type)
    VisitorAttribute.objects.create(organization=make.organization("Other"), name="secret", label="Secret")
    given = {"plan": "pro\n", "seats": 3, "trial": False, "since": "2030-01-31", "gone": None, "secret": "x"}
    assert identity.accepted_attributes(of, given) == (
        {"plan": "pro", "seats": 3, "trial": False, "since": "2030-01-31", "gone": None},
        ("secret",),
    )
    wrong = {"plan": 3, "seats": True, "trial": "no", "since": "31.01.2030", "gone": "a" * 256}
    assert identity.accepted_attributes(of, wrong) == ({}, tuple(wrong))
    assert identity.accepted_attributes(of, {"seats": 1e300})[1] == ("seats",)
