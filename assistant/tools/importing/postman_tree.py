"""The tree of a Postman collection: its folders, requests, variables and addresses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Place:
    """A folder, with what applies to the requests in it."""

    folders: tuple[str, ...]
    auth: Any
    variables: dict[str, str]

    def within(self, folder: dict[str, Any]) -> Place:
        names = (*self.folders, str(folder.get("name", "")))
        return Place(names, folder.get("auth") or self.auth, self.variables | dict(variables_of(folder)))


def items_of(items: Any, place: Place) -> Iterator[tuple[tuple[str, ...], Any, Any, dict[str, str]]]:
    """Folders, request, and the authentication and variables that apply to it: the nearest ones."""
    for item in items if isinstance(items, list) and len(place.folders) < 20 else []:
        if not isinstance(item, dict):
            continue
        if "request" in item:
            request = item["request"] if isinstance(item["request"], dict) else {"url": item["request"]}
            known = place.variables | dict(variables_of(item))
            yield place.folders, {**item, "request": request}, request.get("auth") or place.auth, known
        else:
            yield from items_of(item.get("item"), place.within(item))


def variables_of(holder: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for one in objects_of(holder.get("variable")):
        name, value = one.get("key") or one.get("id"), one.get("value")
        if isinstance(name, str) and value not in (None, "") and one.get("disabled") is not True:
            yield name, str(value)


def headers_of(headers: Any) -> list[dict[str, Any]]:
    """Of a list, or of one text as version 2.0 has it, in which // switches a line off."""
    if not isinstance(headers, str):
        return objects_of(headers)
    lines = (line.strip().partition(":") for line in headers.splitlines() if not line.strip().startswith("//"))
    return [{"key": name, "value": value.strip()} for name, colon, value in lines if colon]


def raw_url(url: Any) -> str:
    """The address as it was typed."""
    if isinstance(url, str):
        return url
    if not isinstance(url, dict):
        return ""
    if isinstance(url.get("raw"), str):
        return url["raw"]
    host, path = url.get("host", ""), url.get("path", "")
    host = ".".join(map(str, host)) if isinstance(host, list) else str(host)
    parts = (
        [part.get("value", "") if isinstance(part, dict) else part for part in path] if isinstance(path, list) else [path]
    )
    path = "/".join(map(str, parts))
    scheme = f"{url['protocol']}://" if isinstance(url.get("protocol"), str) else ""
    port = f":{url['port']}" if url.get("port") else ""
    return f"{scheme}{host}{port}/{path.lstrip('/')}"


def text_of(description: Any) -> str:
    given = description.get("content") if isinstance(description, dict) else description
    return given if isinstance(given, str) else ""


def objects_of(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
