"""What our log does not keep."""

from __future__ import annotations

import logging
import re

ADDRESS = re.compile(r"(/appointments/)[^\s/?\"']+")


class Discreet(logging.Filter):
    """Blanks the part of an appointment page's address that lets anybody move or cancel it: Django names the address of
    whatever request fails."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        if ADDRESS.search(said):
            record.msg, record.args = ADDRESS.sub(r"\1…", said), None
        return True
