"""Imports of methods from API descriptions: drafts that are stored only when staff select them."""

from __future__ import annotations

from assistant.errors import ImportRefused
from assistant.tools.importing import documents, legacy_export, openapi, postman
from assistant.tools.importing.draft import FoundDrafts, MethodDraft, Problem, changes, fit, validated

__all__ = ["FoundDrafts", "MethodDraft", "Problem", "changes", "fit", "read", "validated"]


def read(data: bytes | str, *, base_url: str = "") -> FoundDrafts:
    """The drafts of an OpenAPI description, a Postman collection or exported methods, in JSON or YAML.

    `base_url` is used where the document has no address of its own. Raises `ImportRefused` for what cannot be read
    as a whole; what is wrong with a single request is in its draft's `problems`.
    """
    document = documents.load(data)
    for reader in (openapi, postman, legacy_export):
        if reader.recognises(document):
            return reader.read(document, base_url=base_url)
    raise ImportRefused(
        "Unknown format: expected an OpenAPI description, a Postman collection or exported methods.", code="unknown_document"
    )
