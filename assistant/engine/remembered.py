"""What was found out about words, remembered: words repeat, sentences do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


class Remembered(dict[str, Value]):
    """By word, what `find` says of it; all is forgotten when there are `most`.

    A look-up costs a third of one in `lru_cache`, and `map` makes those of a whole sentence without a step in Python.
    """

    def __init__(self, find: Callable[[str], Value], most: int) -> None:
        super().__init__()
        self._find, self._most = find, most

    def __missing__(self, word: str) -> Value:
        if len(self) >= self._most:
            self.clear()
        found = self[word] = self._find(word)
        return found
