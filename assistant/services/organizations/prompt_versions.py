"""Versions of an assistant's prompt that staff saved, the draft of the next one, and the operator's file before it."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from assistant.errors import Conflict, NotFound
from assistant.models import Assistant, Organization, PromptDraft, PromptVersion

log = logging.getLogger(__name__)

MAX_FILE_BYTES = 80_000
COMMENT = re.compile(r"^#(?!#).*\n?", re.MULTILINE)


# --- Versions ---------------------------------------------------------------------------------------------------------


def save(assistant: Assistant, by: Any = None, *, restores: int | None = None) -> bool:
    """Save the assistant, and a version of its texts where they changed; returns whether they did. `by` is the user.

    What was there before is a version too, even if it was written past this function.
    """
    with transaction.atomic():
        Organization.objects.filter(pk=assistant.organization_id).lock()
        stored = Assistant.objects.filter(pk=assistant.pk).first()
        if stored is not None:
            _keep(stored, None, None)
        assistant.save()
        return _keep(assistant, by, restores)


def _keep(assistant: Assistant, by: Any, restores: int | None) -> bool:
    newest = assistant.prompt_versions.first()
    texts = {name: getattr(assistant, name) for name in PromptVersion.TEXTS}
    if newest and texts == {name: getattr(newest, name) for name in PromptVersion.TEXTS}:
        return False
    number = newest.number + 1 if newest else 1
    PromptVersion.objects.create(assistant=assistant, number=number, by=by, restores=restores, **texts)
    return True


def restore(assistant: Assistant, number: int, by: Any = None) -> bool:
    """Go back to the texts of version `number`, which makes a new version; returns whether that changes anything."""
    version = assistant.prompt_versions.filter(number=number).first()
    if version is None:
        raise NotFound("No such version.")
    for name in PromptVersion.TEXTS:
        setattr(assistant, name, getattr(version, name))
    return save(assistant, by, restores=number)


# --- Drafts -----------------------------------------------------------------------------------------------------------


def draft_of(assistant: Assistant) -> PromptDraft | None:
    return PromptDraft.objects.select_related("by").filter(assistant=assistant).first()


def save_draft(assistant: Assistant, texts: Mapping[str, str], by: Any = None, *, edits: int = 0) -> PromptDraft:
    """Keep texts that visitors do not get yet. `edits` are those of the draft that was changed, 0 where there was none.

    Raises `Conflict` where somebody has changed, published or discarded it meanwhile: then nothing is saved.
    """
    with transaction.atomic():
        draft = _locked(assistant, edits) or PromptDraft(assistant=assistant, based_on=newest_number(assistant), edits=0)
        for name in PromptVersion.TEXTS:
            setattr(draft, name, texts[name])
        draft.by, draft.edits = by, draft.edits + 1
        draft.save()
        return draft


def publish(assistant: Assistant, by: Any = None, *, edits: int) -> int:
    """Give visitors the texts of the draft, which ends; the number of their version. Raises `Conflict` as `save_draft`."""
    with transaction.atomic():
        draft = _locked(assistant, edits)
        if draft is None:
            raise Conflict("There is no draft.")
        current = Assistant.objects.get(pk=assistant.pk)
        for name, text in draft.texts.items():
            setattr(current, name, text)
        save(current, by)
        draft.delete()
        return newest_number(assistant)


def discard(assistant: Assistant, *, edits: int) -> None:
    """Raises `Conflict` as `save_draft`."""
    with transaction.atomic():
        draft = _locked(assistant, edits)
        if draft is not None:
            draft.delete()


def _locked(assistant: Assistant, edits: int) -> PromptDraft | None:
    """The draft as somebody saw it who knows of so many edits, locked with its organization."""
    Organization.objects.filter(pk=assistant.organization_id).lock()
    draft = draft_of(assistant)
    if (draft.edits if draft else 0) == edits:
        return draft
    if draft is None:
        raise Conflict("The draft has been published or discarded in the meantime.")
    raise Conflict(f"{draft.by or 'Somebody else'} has changed the draft in the meantime.")


def newest_number(assistant: Assistant) -> int:
    """Of the version that visitors get; 0 where none was kept yet."""
    newest = assistant.prompt_versions.first()
    return newest.number if newest else 0


# --- The operator's file ----------------------------------------------------------------------------------------------


def instructions(assistant: Assistant) -> str:
    """What it is told now: its file's text where there is one, else the row's."""
    return file_text(assistant) or assistant.instructions


def file_text(assistant: Assistant) -> str:
    """The text of `<public key>.md` in ASSISTANT_PROMPT_DIR without its comments, or "". A change is seen at once.

    The name is the public key alone: it is ours, is never changed, and has no separator in it, so that nothing staff can
    type leads to another assistant's file or out of the folder. A line that starts with one # is a comment, as in the
    prompt files of voice gateways; two make a heading.
    """
    if not settings.ASSISTANT_PROMPT_DIR or not re.fullmatch(r"pk_[\w-]+", assistant.public_key, re.ASCII):
        return ""
    path = Path(settings.ASSISTANT_PROMPT_DIR) / f"{assistant.public_key}.md"
    try:
        status = path.stat()
        return _read(path, status.st_mtime_ns, status.st_size)
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeError) as error:
        # A visitor is better served by the text in the database than by none.
        log.warning("The prompt file of assistant %s cannot be read: %s", assistant.pk, type(error).__name__)
        return ""


@lru_cache(maxsize=64)
def _read(path: Path, changed_ns: int, size: int) -> str:
    """`changed_ns` and `size` are what makes another text of the same path."""
    if size > MAX_FILE_BYTES:
        raise OSError("Too large.")
    return COMMENT.sub("", path.read_text(encoding="utf-8-sig")).strip()
