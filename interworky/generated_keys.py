"""Secret keys, generated on the first start of an embedded installation and kept in its data directory."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from assistant.secrets import new_key


def make_private(folder: Path, *, files: bool = False) -> None:
    """Create `folder`, readable only by its owner; with `files`, restrict its contents too.

    A folder that another user owns, such as a volume, keeps its permissions. Raises `OSError` if it cannot be created.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in (folder, *(folder.rglob("*") if files else ())):
        if not path.is_symlink():
            with suppress(PermissionError, FileNotFoundError):
                path.chmod(path.stat().st_mode & 0o700)


def stored_keys(path: Path) -> dict[str, Any]:
    """SECRET_KEY and FIELD_KEYS of this installation, generated on the first call and kept in `path` (mode 0600)."""
    try:
        make_private(path.parent)
    except OSError as error:
        raise ImproperlyConfigured(f"Cannot write to {path.parent} ({error.strerror}); set another DATA_DIR.") from error
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(f"{path} cannot be read; without it stored secrets cannot be decrypted.") from error
    keys = fresh_keys()
    draft = path.with_suffix(f".{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(keys, file)
    except OSError as error:
        raise ImproperlyConfigured(f"Cannot write to {path.parent} ({error.strerror}); set another DATA_DIR.") from error
    try:
        os.link(draft, path)  # the first of two racing starts wins, and both use its keys
    except FileExistsError:
        return json.loads(path.read_text())
    finally:
        draft.unlink()
    return keys


def fresh_keys() -> dict[str, Any]:
    """New keys, without characters that have a special meaning in a shell, .env or a compose file."""
    return {"SECRET_KEY": secrets.token_urlsafe(50), "FIELD_KEYS": [new_key()]}
