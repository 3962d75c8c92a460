"""Drafts of methods: plain values, with the problems that stand against them, until staff select them."""

from __future__ import annotations

import copy
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from urllib.parse import unquote, urljoin

from django.core.exceptions import ValidationError

from assistant.errors import ImportRefused
from assistant.models import Method
from assistant.redaction import clean, is_storable
from assistant.tools import KINDS, template
from assistant.tools.kind import configured
from assistant.tools.parameters import check_schema, offered
from assistant.tools.request import header_lines
from assistant.tools.tool import tools_of

MAX_DRAFTS = 2000
MAX_NAME_CHARS = 48
MAX_DESCRIPTION_CHARS = 1000
MAX_SOURCE_CHARS = 300
RISKS = {"GET": Method.Risk.READ, "DELETE": Method.Risk.IRREVERSIBLE}  # any other verb changes something


@dataclass(frozen=True)
class Problem:
    code: str
    text: str


@dataclass(frozen=True)
class MethodDraft:
    """`problems` say why it cannot be imported, `notes` what is lost when it is.

    `source` finds the method again when the same thing is imported again; an empty one is always new. `title` is what
    its own document calls it, `secrets` what the document gave away: they are sealed when the method is made.
    """

    source: str
    title: str
    name: str
    description: str = ""
    instruction: str = ""
    public_label: str = ""
    group: str = ""  # where its document files it
    kind: str = "http"
    parameters: dict[str, Any] = field(default_factory=lambda: {"type": "object", "properties": {}})
    fixed: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    risk: str = Method.Risk.WRITE
    deprecated: bool = False
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class FoundDrafts:
    """The drafts found in a document, a server or a sentence, in its own order."""

    title: str
    drafts: tuple[MethodDraft, ...]
    notes: tuple[Problem, ...] = ()

    def __post_init__(self) -> None:
        if len(self.drafts) > MAX_DRAFTS:
            raise ImportRefused(
                f"The document contains more than {MAX_DRAFTS} requests. Import it in parts.", code="too_many"
            )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> FoundDrafts:
        def problems(rows: list[dict[str, str]]) -> tuple[Problem, ...]:
            return tuple(Problem(**row) for row in rows)

        drafts = (
            MethodDraft(**{**row, "problems": problems(row["problems"]), "notes": problems(row["notes"])})
            for row in stored["drafts"]
        )
        return cls(stored["title"], tuple(drafts), problems(stored["notes"]))


class NotImportable(Exception):
    """Why one request cannot become a method."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.problem = Problem(code, text)


def validated(found: FoundDrafts, methods: Sequence[Method]) -> FoundDrafts:
    """`found`, each draft validated like staff's own, under a name that is free among the organization's `methods`."""
    known = {method.source: method for method in methods if method.source}
    taken = {tool.name for method in methods for tool in tools_of(method)} | {method.name for method in methods}
    drafts = []
    for draft in map(_storable, found.drafts):
        if method := known.get(draft.source):
            draft = replace(draft, name=method.name)
        else:
            draft = replace(draft, name=_free(draft.name, taken))
            taken.add(draft.name)
        drafts.append(draft if draft.problems else replace(draft, problems=_examined(draft)))
    return replace(found, drafts=tuple(drafts))


def _storable(draft: MethodDraft) -> MethodDraft:
    """`draft`, or what can be shown of one that no database can store."""
    if is_storable(asdict(draft)):
        return draft
    problem = Problem("characters", "It contains invalid characters.")
    return MethodDraft(clean(draft.source), clean(draft.title), draft.name, kind=draft.kind, problems=(problem,))


def _examined(draft: MethodDraft) -> tuple[Problem, ...]:
    if draft.config.get("auth") == "basic":  # staff enter the user name when they select it
        draft = replace(draft, config={"auth_user": "user", **draft.config})
    try:
        fit(Method(name=draft.name, kind=draft.kind), draft)
    except ValidationError as error:
        return tuple(Problem(one.code or "invalid", " ".join(one.messages)) for one in error.error_list)
    return ()


def fit(method: Method, draft: MethodDraft) -> None:
    """Put a draft into a method, new or imported before, without saving it.

    What staff have made of an earlier import stays: names, labels, instructions, risk, confirmation, fixed values,
    secrets, limits, a credential or a header that the document does not name. Raises `ValidationError` as the method's
    own form would.
    """
    kind = KINDS[draft.kind]
    if draft.config.get("auth") == "none" and method.config.get("auth") in ("header", "query"):
        draft = _without(draft, method.config["auth"], method.config["auth_name"])
    if method._state.adding:
        method.name, method.kind, method.risk = draft.name, draft.kind, draft.risk
        method.fixed = dict(draft.fixed)
        method.instruction, method.public_label = draft.instruction, draft.public_label
    method.description = draft.description
    ours = {*method.fixed, *method.secrets}
    method.parameters = offered(draft.parameters, ours)
    method.config = _request_of(method, draft)
    form = kind.Config(configured(kind.Config, method))
    if not form.is_valid():
        errors = form.errors.as_data().items()
        raise ValidationError(
            [
                _of_field(str(form.fields[name].label or name) if name in form.fields else "", one)
                for name, ones in errors
                for one in ones
            ]
        )
    method.config = form.cleaned_data
    for name, value in draft.secrets.items():
        if method.secrets.get(name, {}).get("origin") != method.origin:
            method.set_secret(name, value)
    check_schema(method.parameters, method.fixed)
    kind.check(method)
    try:
        method.full_clean(exclude=["organization"], validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise ValidationError([_of_field(name, one) for name, ones in error.error_dict.items() for one in ones]) from error


def _without(draft: MethodDraft, place: str, name: str) -> MethodDraft:
    """`draft` without the parameter in which staff have the credential sent."""
    config, gone = dict(draft.config), set()
    if place == "header":
        lines = header_lines(config.get("headers", ""))
        gone = {used for header, value in lines if header.lower() == name.lower() for used in template.names(value)}
        config["headers"] = "\n".join(f"{header}: {value}" for header, value in lines if header.lower() != name.lower())
    else:
        address, _, query = config["url"].partition("?")
        pairs = query.split("&") if query else []
        own = [pair for pair in pairs if unquote(pair.partition("=")[0]) == name]
        gone = {name, *(used for pair in own for used in template.names(pair))}
        config["url"] = "?".join(filter(None, [address, "&".join(pair for pair in pairs if pair not in own)]))
    return replace(draft, config=config, parameters=offered(draft.parameters, gone))


def _request_of(method: Method, draft: MethodDraft) -> dict[str, Any]:
    """The draft's request with what staff have added to it."""
    config = {**method.config, **draft.config}
    if draft.config.get("auth") == "none":
        config |= {name: method.config[name] for name in ("auth", "auth_name", "auth_user") if name in method.config}
    if "headers" in draft.config:
        known = {*method.parameters.get("properties", {}), *method.fixed, *method.secrets}
        named = {name.lower() for name, _ in header_lines(draft.config["headers"])}
        added = [
            f"{name}: {value}"
            for name, value in header_lines(method.config.get("headers", ""))
            if name.lower() not in named and template.names(value) <= known
        ]
        config["headers"] = "\n".join(filter(None, [draft.config["headers"], *added]))
    return config


def _of_field(name: str, error: ValidationError) -> ValidationError:
    text = " ".join(error.messages)
    return ValidationError(f"{name.replace('_', ' ').capitalize()}: {text}" if name else text, code=error.code)


def changes(method: Method, draft: MethodDraft) -> list[str]:
    """What importing it again would change of a method, in words; empty where nothing would."""
    after = copy.copy(method)
    try:
        fit(after, draft)
    except ValidationError:
        return []
    named = [("description", "description"), ("parameters", "parameters"), ("config", "request")]
    return [word for attribute, word in named if getattr(after, attribute) != getattr(method, attribute)]


# --- Words ------------------------------------------------------------------------------------------------------------


def method_name(*candidates: str) -> str:
    """The first candidate that has letters, as a method may be called: small letters, digits, single underscores."""
    for candidate in candidates:
        # Normalising takes a time that grows with the square of a run of combining marks.
        plain = unicodedata.normalize("NFKD", candidate[:300]).encode("ascii", "ignore").decode()
        words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", plain)
        name = "_".join(words).lower()
        if re.search("[a-z]", name):
            name = name if name[0].isalpha() else f"do_{name}"
            return name if len(name) <= MAX_NAME_CHARS else name[:MAX_NAME_CHARS].rpartition("_")[0] or name[:MAX_NAME_CHARS]
    return "request"


def _free(name: str, taken: Iterable[str]) -> str:
    if name not in taken:
        return name
    numbers = (f"{name[: MAX_NAME_CHARS - 5].rstrip('_')}_{number}" for number in range(2, MAX_DRAFTS + 100))
    return next(candidate for candidate in numbers if candidate not in taken)


def argument_name(wire: str) -> str:
    """A parameter's name as a model and our own placeholders can have it."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", wire).strip("_")[:64]
    return name if name and not name[0].isdigit() else f"p_{name}"[:64].rstrip("_")


def plain(text: Any, limit: int = MAX_DESCRIPTION_CHARS) -> str:
    """A foreign text as a description of ours: one paragraph, no control characters, at most `limit` characters."""
    if not isinstance(text, str):
        return ""
    words = " ".join(clean(text[: limit * 8]).split())
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"


def joined(base_url: str, url: str) -> str:
    """`url`, which may be relative. Raises `NotImportable` where it is invalid."""
    try:
        return urljoin(base_url, url)
    except ValueError as error:
        raise NotImportable("url", f"Invalid address: “{url[:60]}”.") from error


def source_key(*parts: str) -> str:
    key = " ".join(parts)
    if len(key) <= MAX_SOURCE_CHARS:
        return key
    return f"{key[: MAX_SOURCE_CHARS - 17]}#{hashlib.sha256(key.encode()).hexdigest()[:16]}"
