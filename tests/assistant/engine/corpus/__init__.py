"""Sentences of assistants, a file per language: `+` a claim that is false if nothing was done, `-` true or harmless.

One case a line: the sign, a space, the text, in which `\\n` is a line break. Who has read what:

- `development/` is what the grammars are improved on, by whoever works on them.
- `blind/` was written by others, who had seen neither grammars nor texts, and from "A second set" on by those who work on
  the grammars, before they ran the gate on it. Each was measured once, then read, and the grammars were improved on it.
- `opened/` was written like `blind/`, and held out: only its rates were looked at, three times. Then it was read, and the
  grammars were improved on it.
- `held_out/` was written like `blind/`, and nobody who works on the grammars reads it: not its lines, and not its misses
  (`bench_claims --misses` leaves it out). Only its rates are looked at, and each look makes them a little less blind: the
  English texts have had thirteen, the Arabic ones fifteen, the others twelve.
- `fresh/` was written by the writer of the last texts of `development/`, at the same time and about other things, before the
  gate was run on either. Only its rates are looked at.
- From `development/`, `blind/` and `opened/`, `tests/bench/train_claims.py` learns what the signs of a claim weigh.
- The files beside these were written by others as well. Of them, the half whose lines have an odd `zlib.crc32` has been
  looked at since; of the other half only the rates have been.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
DEVELOPMENT, BLIND, OPENED, HELD_OUT, FRESH = (
    HERE / name for name in ("development", "blind", "opened", "held_out", "fresh")
)


@dataclass(frozen=True)
class Case:
    language: str
    claims: bool
    text: str


def read(folder: Path) -> list[Case]:
    """The cases of every `<language>.txt` in a folder. Raises `ValueError` for a line that is none."""
    cases = []
    for path in sorted(folder.glob("*.txt")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            sign, _, text = line.partition(" ")
            if sign not in ("+", "-") or not text.strip():
                raise ValueError(f"{path.name}:{number}: a line begins with '+ ' or '- '")
            cases.append(Case(path.stem, sign == "+", text.strip().replace("\\n", "\n")))
    return cases
