#!/usr/bin/env python3
"""`python3 manage.py up` runs Interworky, `python3 manage.py test` its suite: from a fresh checkout, with Python alone.

Both first see to an environment of their own in .venv, from hash-locked requirements, and start again inside it, as does
every other command where the Python that called it has no Django; NO_BOOTSTRAP=1 leaves that out. This file keeps to what
old Pythons can parse, so that they get a sentence instead of a syntax error.
"""

import hashlib
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(HERE, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, ".stamp")
LOCKS = {"up": "requirements.lock", "test": "requirements-dev.lock"}  # the second holds all of the first


def bootstrap(command):
    """Come back inside .venv with what `command` needs. Leaves with one sentence where that cannot be had."""
    if sys.version_info < (3, 11):
        sys.exit("Interworky needs Python 3.11 or newer; this is Python %d.%d." % sys.version_info[:2])
    if os.name == "nt":
        sys.exit("Interworky runs on Linux and macOS; on Windows, run it inside WSL.")
    if os.path.realpath(sys.prefix) == os.path.realpath(VENV) or os.environ.get("NO_BOOTSTRAP") == "1":
        return
    stamps = dict((name, stamp_of(name)) for name in sorted(LOCKS.values()))
    if stamps[LOCKS[command]] not in read(STAMP).split():
        install(LOCKS[command])
        with open(STAMP, "w") as file:
            file.write("\n".join(stamps.values() if command == "test" else [stamps[LOCKS[command]]]))
    os.execv(PYTHON, [PYTHON, os.path.abspath(__file__)] + sys.argv[1:])


def stamp_of(lock):
    """Changes with the lock file and with the Python that its packages are built for."""
    python = "%d.%d" % sys.version_info[:2]
    return python + "-" + hashlib.sha256(read(os.path.join(HERE, lock)).encode()).hexdigest()


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def install(lock):
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        sys.exit("This Python cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv")
    # Not among what a command prints: `keys` is for a file.
    sys.stderr.write("Installing what Interworky needs into %s (once, less than a minute) ...\n" % VENV)
    sys.stderr.flush()
    made_by = "import sys; sys.exit(sys.version_info[:2] != %r)" % (sys.version_info[:2],)
    reusable = os.path.exists(PYTHON) and quietly([PYTHON, "-c", made_by]) is None
    failed = quietly([sys.executable, "-m", "venv", VENV] + ([] if reusable else ["--clear"]))
    if failed:
        sys.exit("Cannot make a virtual environment in %s: %s" % (HERE, failed))
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]
    uv = [PYTHON, "-m", "uv", "pip", "install", "--quiet", "--python", PYTHON, "--require-hashes", "-r"]
    # uv takes seconds where pip takes a minute; where it cannot be had or reach the index, pip does the same work.
    if quietly(pip + [os.path.join(HERE, "requirements-uv.lock")]) or quietly(uv + [os.path.join(HERE, lock)]):
        failed = quietly(pip + [os.path.join(HERE, lock)])
        if failed:
            sys.exit("Cannot install the packages of %s; is there a way to the package index? pip says: %s" % (lock, failed))


def quietly(command):
    """Run `command`; None when it went well, else the last line it said."""
    process = subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = process.communicate()[0].decode("utf-8", "replace").strip()
    return None if process.returncode == 0 else (said.splitlines() or ["(nothing)"])[-1]


def has_django():
    try:
        import django  # noqa: F401
    except ImportError:
        return False
    return True


def main():
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command in LOCKS or not has_django():
        bootstrap(command if command in LOCKS else "up")
    if command == "test":
        from tests.run import main as run_tests

        sys.exit(run_tests(sys.argv[2:]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interworky.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit("Interworky cannot start: %s" % error)


if __name__ == "__main__":
    main()
