"""Limits of a child process that reads what strangers have written: a file, an image, a calendar."""

from __future__ import annotations


def bound_this_process(memory_bytes: int, seconds: int) -> None:
    """Where the system can: no more memory and processor time than that. What needs more ends the child, not the server."""
    try:
        import resource
    except ImportError:
        return
    for what, most in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CPU, seconds)):
        try:
            resource.setrlimit(what, (most, most))
        except (OSError, ValueError):
            continue  # some systems know a limit and do not let it be set
