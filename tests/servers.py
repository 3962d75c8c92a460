"""Real servers for tests, each in a directory of its own, on loopback ports that were free a moment ago."""

from __future__ import annotations

import getpass
import glob
import grp
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.shell import Shell

ROOT = Path(__file__).resolve().parent.parent


class Missing(Exception):
    """A program that a part of the suite needs is not on this machine."""


def free_port() -> int:
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def program(name: str, *places: str) -> str:
    """Where `name` is, on the path or matching one of `places`. Raises `Missing`."""
    found = shutil.which(name) or max((p for place in places for p in glob.glob(place)), default=None)
    if not found:
        raise Missing(f"{name} is not installed")
    return found


def chromium() -> str:
    # The first is the same engine without the windows, menus and toolbars that nobody sees here: a page costs a quarter.
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        with suppress(Missing):
            return program(name)
    raise Missing("chromium is not installed")


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL server of our own; gives the address of its superuser's database, `postgres://…/postgres`."""
    initdb = program("initdb", "/usr/lib/postgresql/*/bin/initdb", "/opt/homebrew/opt/postgresql*/bin/initdb")
    # It refuses to run as root; where it was installed as root, its own user exists too.
    owner: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="interworky-postgres-"))
    if owner:
        shutil.chown(folder, "postgres", "postgres")
    data, port = folder / "data", free_port()
    made = subprocess.run(
        [initdb, "-D", data, "-U", "interworky", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"],
        cwd=folder, capture_output=True, text=True, timeout=120, **owner,
    )  # fmt: skip
    if made.returncode:
        raise RuntimeError(f"initdb failed: {made.stderr}")
    options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": "200"}
    options |= {"fsync": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0"}
    command = [Path(initdb).with_name("postgres"), "-D", data, "-p", str(port), *(f"-c{k}={v}" for k, v in options.items())]
    server = launch(command, folder / "log", cwd=folder, **owner)
    url = f"postgres://interworky@127.0.0.1:{port}/postgres"
    try:
        until(lambda: _answers_sql(url), 60, server, folder / "log")
        yield url
    finally:
        end(server, signal.SIGINT)
        shutil.rmtree(folder, ignore_errors=True)


def _answers_sql(url: str) -> bool:
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def new_database(server_url: str) -> Iterator[str]:
    """An empty database on the server of `postgresql()`. It is dropped afterwards, with any open connections."""
    import psycopg

    name = f"test_{os.getpid()}_{time.monotonic_ns()}"
    with closing(psycopg.connect(server_url, autocommit=True)) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            yield server_url.rsplit("/", 1)[0] + "/" + name
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@contextmanager
def redis() -> Iterator[str]:
    """A Redis server of our own that keeps nothing; gives `redis://127.0.0.1:port/0`."""
    folder, port = Path(tempfile.mkdtemp(prefix="interworky-redis-")), free_port()
    command = [program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    server = launch(command, folder / "log", cwd=folder)
    try:
        until(lambda: accepts(port), 20, server, folder / "log")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        end(server, signal.SIGTERM)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def radicale() -> Iterator[str]:
    """A CalDAV server of our own with the user mira, password s3cret, and her calendar; gives the calendar's address."""
    folder, port = Path(tempfile.mkdtemp(prefix="interworky-radicale-")), free_port()
    (folder / "users").write_text("mira:s3cret\n")
    calendar = folder / "collections" / "collection-root" / "mira" / "salon"
    calendar.mkdir(parents=True)
    (calendar / ".Radicale.props").write_text('{"tag": "VCALENDAR"}')
    options = {
        "server-hosts": f"127.0.0.1:{port}", "auth-type": "htpasswd", "auth-htpasswd-filename": str(folder / "users"),
        "auth-htpasswd-encryption": "plain", "auth-delay": "0", "storage-filesystem-folder": str(folder / "collections"),
    }  # fmt: skip
    command = [sys.executable, "-m", "radicale", "--config", "", *(f"--{name}={value}" for name, value in options.items())]
    server = launch(command, folder / "log", cwd=folder)
    try:
        until(lambda: accepts(port), 30, server, folder / "log")
        yield f"http://127.0.0.1:{port}/mira/salon/"
    finally:
        end(server, signal.SIGTERM)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def dovecot(*, encrypts: bool = True) -> Iterator[Imap]:
    """An IMAP server of our own with the user reply@in.example.com, password s3cret+ä. One that encrypts takes no password
    otherwise, except from its own address: it listens at 127.0.0.2 as well."""
    command = program("dovecot", "/usr/sbin/dovecot")
    folder, port, tls_port = Path(tempfile.mkdtemp(prefix="interworky-dovecot-")), free_port(), free_port()
    # It refuses to serve root's mail; where it was installed, its own user exists.
    owner: dict[str, Any] = {"user": "dovecot", "group": "dovecot", "extra_groups": []} if os.geteuid() == 0 else {}
    certificate = make_certificate(folder)
    for name in ("run", "mail/cur", "mail/new", "mail/tmp"):
        (folder / name).mkdir(parents=True)
    user, group = ("dovecot", "dovecot") if owner else (getpass.getuser(), grp.getgrgid(os.getgid()).gr_name)
    values = {"user": user, "group": group, "port": port, "tls_port": tls_port}
    values |= {"ssl": "required", "ssl_only": "yes"} if encrypts else {"ssl": "no", "ssl_only": "no"}
    (folder / "conf").write_text(DOVECOT.format(folder=folder, **values))
    (folder / "users").write_text("reply@in.example.com:{PLAIN}s3cret+ä\n")
    for path in (folder, *folder.rglob("*")) if owner else ():
        shutil.chown(path, user, group)
    server = launch([command, "-F", "-c", folder / "conf"], folder / "log", cwd=folder, **owner)
    try:
        until(lambda: accepts(port), 20, server, folder / "log")
        yield Imap(port, tls_port, folder / "mail", certificate, owner)
    finally:
        end(server, signal.SIGTERM)
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Imap:
    port: int
    tls_port: int
    mail: Path  # a Maildir
    certificate: Path
    owner: dict[str, Any]

    def url(self, folder: str = "INBOX", *, tls: bool = True, password: str = "s3cret+ä", host: str = "localhost") -> str:
        user, scheme, port = quote("reply@in.example.com"), "imaps" if tls else "imap", self.tls_port if tls else self.port
        return f"{scheme}://{user}:{quote(password)}@{host}:{port}/{quote(folder)}"

    def deliver(self, raw: bytes) -> None:
        """As a mail server does that has taken a mail for this mailbox."""
        path = self.mail / "tmp" / f"{time.time_ns()}.{os.getpid()}.here"
        path.write_bytes(raw)
        if self.owner:
            shutil.chown(path, self.owner["user"], self.owner["group"])
        path.rename(self.mail / "new" / path.name)


DOVECOT = """
base_dir = {folder}/run
log_path = /dev/stderr
protocols = imap
ssl = {ssl}
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = {ssl_only}
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{folder}/mail
mail_fsync = never
auth_mechanisms = plain
auth_failure_delay = 0
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1, 127.0.0.2
    port = {port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {tls_port}
    ssl = yes
  }}
}}
service stats {{
  chroot =
}}
"""


def make_certificate(folder: Path) -> Path:
    """A certificate for this machine that its own key has signed: `certificate.pem` and `key.pem` in `folder`."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.2"))]
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    (folder / "certificate.pem").write_bytes(made.public_bytes(pem))
    return folder / "certificate.pem"


def launch(command: Sequence[str | Path], log: Path, **options: Any) -> subprocess.Popen[bytes]:
    """Start `command` in a process group of its own, its output appended to `log`."""
    with log.open("ab") as file:
        return subprocess.Popen(
            command, **{"cwd": ROOT, "stdout": file, "stderr": subprocess.STDOUT, "start_new_session": True, **options}
        )


def accepts(port: int) -> bool:
    with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), 1)):
        return True
    return False


def until(ready: Callable[[], bool], seconds: float, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until `ready()`. Raises `RuntimeError` with the end of `log` when `server` ends first or time is up."""
    deadline = time.monotonic() + seconds
    while not ready():
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{server.args!r} did not get ready:\n{log.read_text(errors='replace')[-4000:]}")
        time.sleep(0.05)


def end(server: subprocess.Popen[bytes], how: signal.Signals, seconds: float = 10) -> int:
    """Ask `server` to stop, make it stop after `seconds`; its exit code."""
    if server.poll() is None:
        server.send_signal(how)
        try:
            server.wait(seconds)
        except subprocess.TimeoutExpired:
            server.kill()
    return server.wait()


def environment(**values: str) -> dict[str, str]:
    """What a program of ours is started with: nothing of the caller's configuration, so that a stray key changes nothing."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE")
    return {**{name: os.environ[name] for name in kept if name in os.environ}, "NO_BOOTSTRAP": "1", **values}


def prepare(**values: str) -> None:
    """What a first start does to an empty database: tables and the demonstration."""
    steps = (
        "import django; django.setup(); from django.core.management import call_command; from interworky.demo import seed",
        "call_command('migrate', verbosity=0); seed.seed()",
    )
    subprocess.run(
        [sys.executable, "-c", "; ".join(steps)],
        cwd=ROOT, env=environment(DJANGO_SETTINGS_MODULE="interworky.settings", **values), check=True, timeout=120,
    )  # fmt: skip


class App:
    """The product as its user starts it, `manage.py up`, in a process group of its own.

    `url` answers once `start()` has returned; `log` is what it printed; `data_dir` outlives stops and kills.
    """

    def __init__(self, data_dir: Path, **values: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.log = data_dir / "up.log"
        self.environment = environment(DATA_DIR=str(data_dir), PORT=str(self.port), **values)
        self.process: subprocess.Popen[bytes] | None = None
        self._shell: Shell | None = None

    def start(self, seconds: float = 120) -> App:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.process = launch([sys.executable, ROOT / "manage.py", "up"], self.log, env=self.environment)
        until(self.answers, seconds, self.process, self.log)
        return self

    def answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    @property
    def mailbox(self) -> str:
        """The link to the mailbox that it printed."""
        return re.findall(r"\S+/demo/mailbox/\S+", self.log.read_text())[-1]

    def shell(self, code: str, typed: str = "") -> str:
        """What `code` prints in a process of the product's own, as `manage.py shell` runs it; it reads `typed`."""
        self._shell = self._shell or Shell(self.environment)
        return self._shell.run(code, typed)

    def close(self) -> None:
        """End it for good."""
        self.kill()
        if self._shell:
            self._shell.close()

    def kill(self) -> None:
        """As the kernel does when memory runs out: no handler runs."""
        assert self.process
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self.process
        return end(self.process, how)

    def restart(self) -> App:
        """Start again on the same data and port, after `kill()`, `stop()` or while it runs."""
        self.stop()
        return self.start()
