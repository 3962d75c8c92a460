"""Environments as people write them: .env text, read the two ways that it reaches us."""

from __future__ import annotations

import io

import environ


def from_dotenv(text: str) -> dict[str, str]:
    """`text` as settings.py reads an .env file."""

    class Env(environ.Env):
        ENVIRON: dict[str, str] = {}

    Env.read_env(io.StringIO(text))
    return dict(Env.ENVIRON)


def from_container(text: str) -> dict[str, str]:
    """`text` as a container runtime's env-file hands it over: whatever stands behind the first `=`, quotes and all."""
    lines = [line for line in text.splitlines() if "=" in line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)
