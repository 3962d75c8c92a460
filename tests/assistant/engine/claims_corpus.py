"""What assistants write: claims that something was done, and sentences that only look like one.

Written before the patterns of `assistant/engine/grammars.py` were read, and split by a checksum into a half that they may be
improved on and a half that only measures them. One example a line: its acts (`-` for none), a colon, the text;
`⏎` is a line break. A promise of something nobody has set going ("you'll receive an e-mail shortly") counts as a claim.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Example:
    language: str
    text: str
    acts: frozenset[str]

    @property
    def held_out(self) -> bool:
        return zlib.crc32(self.text.encode()) % 2 == 1


LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl")
FOLDER = Path(__file__).parent / "corpus" / "claims"


def _read(language: str) -> list[Example]:
    examples = []
    for line in (FOLDER / f"{language}.txt").read_text().splitlines():
        acts, _, text = line.partition(": ")
        examples.append(Example(language, text.replace(" ⏎ ", "\n"), frozenset(acts.split()) - {"-"}))
    return examples


CORPUS = [example for language in LANGUAGES for example in _read(language)]
DEVELOPMENT = [example for example in CORPUS if not example.held_out]
HELD_OUT = [example for example in CORPUS if example.held_out]
