"""The only reader of the environment.

Embedded by default: SQLite, everything in one process, nothing to configure. `DATABASE_URL` and `REDIS_URL` move the
same code to PostgreSQL, Redis, Celery workers and beat; the keys that an embedded installation generates must then be set.
"""

import os
import sys
import zoneinfo
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from redis.backoff import NoBackoff
from redis.retry import Retry

from interworky.admin_theme import UNFOLD as UNFOLD
from interworky.environment import Environment, read_dotenv
from interworky.generated_keys import fresh_keys, stored_keys

BASE_DIR = Path(__file__).resolve().parent.parent
TESTING = "pytest" in sys.modules
env = Environment()
if not TESTING:
    read_dotenv(BASE_DIR / ".env")

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))
DATABASE_URL = env.address("DATABASE_URL", "postgres", "postgresql")
REDIS_URL = env.address("REDIS_URL", "redis", "rediss")
EMBEDDED = not DATABASE_URL and not REDIS_URL
DEBUG = env.bool("DEBUG", default=False)

# --- Keys: generated and stored by the first embedded run, required in production -------------------------------------

if TESTING or sys.argv[1:2] == ["keys"]:
    _keys = fresh_keys()
elif EMBEDDED:
    _keys = stored_keys(DATA_DIR / "keys.json")
else:
    _keys = {"SECRET_KEY": "", "FIELD_KEYS": []}
SECRET_KEY = env.str("SECRET_KEY", default=_keys["SECRET_KEY"])
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
FIELD_KEYS = env.list("FIELD_KEYS", default=_keys["FIELD_KEYS"])  # the first encrypts, all decrypt
if not SECRET_KEY or not FIELD_KEYS:
    raise ImproperlyConfigured(
        "SECRET_KEY and FIELD_KEYS must be set when DATABASE_URL or REDIS_URL is. Make them with: python3 manage.py keys"
    )

# --- Addresses -------------------------------------------------------------------------------------------------------

PORT = env.number("PORT", 8000, 1, 65_535)
HOST = env.str("HOST", default="127.0.0.1")  # where `manage.py up` listens
PUBLIC_URL = env.origin("PUBLIC_URL", default=f"http://localhost:{PORT}")
# This machine is always allowed, for health checks.
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *env.list("ALLOWED_HOSTS", default=[urlsplit(PUBLIC_URL).hostname])]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL])
TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 0, 0, 10)
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
ROOT_URLCONF = "interworky.urls"
ASGI_APPLICATION = "interworky.asgi.application"

INSTALLED_APPS = [
    *(["daphne"] if "runserver" in sys.argv[1:2] else []),  # loading it costs every process 0.1 s and 16 MB
    "interworky.apps.InterworkyConfig",  # before unfold, so that its templates take precedence
    "allauth",  # before assistant, which takes its pages out of the admin; our templates for it are in interworky/templates
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "assistant",
    "widget",
    "interworky.demo",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "interworky.static.StaticFiles",
    "interworky.null_characters.refuse_null_characters",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "assistant.admin.accounts.guard.staff_guard",
    "assistant.admin.audit_trail.audit_trail",
    "assistant.admin.zone.staff_zone",
    "assistant.admin.content_security_policy.content_security_policy",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "interworky" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "libraries": {"states": "assistant.admin.states"},
        },
    }
]

# --- Storage ---------------------------------------------------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]]
if DATABASE_URL:
    DATABASES = {"default": {**environ.Env.db_url_config(DATABASE_URL), "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}}
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
    # Of the statements that the path of a turn sends itself (services/raw_sql); Django's own are never prepared.
    DATABASES["default"]["OPTIONS"].setdefault("prepare_threshold", 5)
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "interworky.sqlite3",
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                # IMMEDIATE: a writing transaction waits for the lock when it begins, where SQLite allows it to wait.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
                "PRAGMA secure_delete=ON;"  # what is deleted is overwritten with zeros
                # Turns write to the same pages again and again: at 4,000 they are copied to the database a quarter as often.
                "PRAGMA wal_autocheckpoint=4000;",
            },
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DB_THREADS = env.number("DB_THREADS", 8, 1, 200)
DB_THREAD_SENSITIVE = TESTING
PAGE_THREADS = env.number("PAGE_THREADS", 8, 2, 200)  # concurrent synchronous pages, such as the admin's

if REDIS_URL:
    # A Redis that hangs or is down must not delay visitors; by default the client retries for many seconds.
    _patience = {"socket_connect_timeout": 1, "socket_timeout": 1, "retry": Retry(NoBackoff(), 0)}
    CACHES = dict.fromkeys(
        ("default", "shared"),
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL, "OPTIONS": _patience},
    )
else:
    _memory = "django.core.cache.backends.locmem.LocMemCache"
    CACHES = {
        "default": {"BACKEND": _memory, "OPTIONS": {"MAX_ENTRIES": 100_000}},
        # For the little that another process, such as `manage.py doctor`, has to see as well.
        "shared": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": str(DATA_DIR / "shared")},
    }
    if TESTING:
        CACHES["shared"] = {"BACKEND": _memory, "LOCATION": "shared"}

# Files of conversations, sealed before they are stored. Any storage of Django's that is shared by all processes will do.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "conversations": {
        "BACKEND": env.str("FILE_STORAGE", default="django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env.json_object("FILE_STORAGE_OPTIONS", default={}),
    },
}
if TESTING:
    STORAGES["conversations"] = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
elif STORAGES["conversations"]["BACKEND"] == "django.core.files.storage.FileSystemStorage":
    STORAGES["conversations"]["OPTIONS"] = {
        "location": str(DATA_DIR / "files"),
        "file_permissions_mode": 0o600,
        "directory_permissions_mode": 0o700,
        **STORAGES["conversations"]["OPTIONS"],
    }
FILE_MAX_MB = env.number("FILE_MAX_MB", 10, 1, 100)  # of one file
FILES_PER_MESSAGE = env.number("FILES_PER_MESSAGE", 5, 1, 20)
FILES_PER_CONVERSATION = env.number("FILES_PER_CONVERSATION", 30, 1, 1000)
FILES_ORGANIZATION_MB = env.number("FILES_ORGANIZATION_MB", 2000, 1, 10_000_000)  # all that an organization has stored
# What a file must pass: clamd at tcp://host:port or unix:///path, a service that it is posted to at https://host/path, or a
# command that reads it from its standard input.
FILE_SCANNER = env.scanner("FILE_SCANNER")
FILE_SCANNER_TOKEN = env.str("FILE_SCANNER_TOKEN", default="")  # for a service

# --- Celery: runs tasks; the database's rows decide what is due ------------------------------------------------------

CELERY_BROKER_URL = env.address(
    "CELERY_BROKER_URL", "redis", "rediss", "amqp", "amqps", "memory", default=REDIS_URL or "memory://localhost//"
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SOFT_TIME_LIMIT = 120
CELERY_TASK_TIME_LIMIT = 150
CELERY_TASK_PUBLISH_RETRY = False  # the sweep finds a lost message; a retry would delay the request
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # retry forever: a broker may be down for a night
if CELERY_BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 600,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 5,
    }
elif CELERY_BROKER_URL.startswith("memory"):
    CELERY_BROKER_TRANSPORT = "interworky.in_process_queue:Transport"
CELERY_TIMEZONE = "UTC"
# One queue per kind of work, so that no tenant's slow pages delay a code or a confirmation. A worker started without
# --queues serves all of them. Tasks in neither of the first two (turns, replays, summaries) go to the default, "celery".
CELERY_TASK_QUEUES = {name: {"exchange": name, "routing_key": name} for name in ("mail", "documents", "celery")}
CELERY_TASK_ROUTES = {
    "assistant.tasks.deliver": {"queue": "mail"},
    "assistant.jobs.sweep": {"queue": "mail"},  # it queues e-mails again that were lost, and takes milliseconds
    "assistant.tasks.read_document": {"queue": "documents"},
    "assistant.tasks.embed_passages": {"queue": "documents"},
    "assistant.tasks.read_outside_calendar": {"queue": "documents"},
    "assistant.tasks.write_outside_entry": {"queue": "documents"},
}

# --- E-mail ----------------------------------------------------------------------------------------------------------

_mail_server = env.mail_server("EMAIL_URL")
if _mail_server:
    vars().update(_mail_server)
    EMAIL_TIMEOUT = 20
elif EMBEDDED:
    EMAIL_BACKEND = "interworky.demo.mailbox.MailboxBackend"  # read in a browser at /demo/mailbox
else:
    EMAIL_BACKEND = "interworky.unsent_mail.UnsentBackend"
DEFAULT_FROM_EMAIL = env.mailbox("DEFAULT_FROM_EMAIL", default="Interworky <assistant@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Visitors' replies to e-mails: an address of which everything after a + arrives, and one of the two ways in which it does.
INBOUND_EMAIL_ADDRESS = parseaddr(env.mailbox("INBOUND_EMAIL_ADDRESS", default=""))[1]
INBOUND_EMAIL_KEY = env.str("INBOUND_EMAIL_KEY", default="")
INBOUND_IMAP_URL = env.address("INBOUND_IMAP_URL", "imaps", "imap")

# --- Security --------------------------------------------------------------------------------------------------------

_https = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_SSL_REDIRECT = _https and env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = env.number("SECURE_HSTS_SECONDS", 31_536_000 if _https else 0, 0, 10**9)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    *(
        {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
        for name, options in (
            ("UserAttributeSimilarityValidator", {}),
            ("MinimumLengthValidator", {"min_length": 12}),
            ("CommonPasswordValidator", {}),
            ("NumericPasswordValidator", {}),
        )
    ),
    {"NAME": "assistant.services.passwords.EndsSessions"},
]
# Accounts of staff: the admin's login form, then a second factor by django-allauth, with pages in assistant.admin.accounts.
ACCOUNT_ADAPTER = "assistant.admin.accounts.adapters.AccountAdapter"
MFA_ADAPTER = "assistant.admin.accounts.adapters.MFAAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invitation or an administrator vouches for the address
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Interworky"
MFA_TOTP_TOLERANCE = 1  # clocks of telephones differ by half a minute
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _https  # http://localhost
USERSESSIONS_TRACK_ACTIVITY = True
PASSWORD_RESET_TIMEOUT = 7200
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
# Limits of a form, without its files. In most scripts a letter is sent as six to twelve bytes, and a text of knowledge may
# have half a million of them; an import of thousands of requests has as many checkboxes.
DATA_UPLOAD_MAX_MEMORY_SIZE = 25_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
UPLOAD_MAX_MB = env.number("UPLOAD_MAX_MB", 100, 3, 10_000)  # per form submitted by staff, all its files together

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # the bearer token for /metrics, which is off without one
if METRICS_TOKEN and len(METRICS_TOKEN) < 16:
    raise ImproperlyConfigured("METRICS_TOKEN must have at least 16 characters. Remove it to turn metrics off.")

# Private origins that tenants' methods and providers may nevertheless reach, such as http://127.0.0.1:9000.
OUTBOUND_ALLOWED_ORIGINS = env.list("OUTBOUND_ALLOWED_ORIGINS", default=[PUBLIC_URL] if EMBEDDED else [])

# OAuth clients for calendars, for organizations without one of their own: ID, secret and Microsoft's tenant.
CALENDAR_CLIENTS = {
    "google": (
        env.str("GOOGLE_CALENDAR_CLIENT_ID", default=""), env.str("GOOGLE_CALENDAR_CLIENT_SECRET", default=""), "",
    ),
    "microsoft": (
        env.str("MICROSOFT_CALENDAR_CLIENT_ID", default=""), env.str("MICROSOFT_CALENDAR_CLIENT_SECRET", default=""),
        env.str("MICROSOFT_CALENDAR_TENANT", default="common"),
    ),
}  # fmt: skip

# --- The assistant ---------------------------------------------------------------------------------------------------

# Read only by `providers.configuration`.
AI_ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if name.startswith(("AI_", "OPENAI_", "ANTHROPIC_", "GOOGLE_AI_", "CEREBRAS_", "GROQ_", "TOGETHER_", "EMBEDDING_"))
    or name in ("SMART_LLM", "FAST_LLM")
}
DEMO_MODEL_URL = env.address("DEMO_MODEL_URL", "http", "https", default=f"http://127.0.0.1:{PORT}/demo-llm/v1")
DEMO_MODEL = env.bool("DEMO_MODEL", default=EMBEDDED)  # whether the demonstration model may answer
DEMO_MODEL_DELAY_MS = env.number("DEMO_MODEL_DELAY_MS", 30, 0, 10_000)  # per word
DEMO_SITE = env.bool("DEMO_SITE", default=EMBEDDED)  # a dentist's site to try the widget on, at /

ASSISTANT_MAX_ROUNDS = env.number("ASSISTANT_MAX_ROUNDS", 8, 1, 50)
ASSISTANT_MAX_CALLS = env.number("ASSISTANT_MAX_CALLS", 12, 1, 100)
ASSISTANT_TURN_SECONDS = env.number("ASSISTANT_TURN_SECONDS", 120, 5, 3600)
# How long a provider of the environment may send nothing. A model that is loaded on the first request may need more.
ASSISTANT_SILENCE_SECONDS = env.number("ASSISTANT_SILENCE_SECONDS", 0, 0, 600)  # 0: depends on the kind of server
ASSISTANT_LEASE_SECONDS = env.number("ASSISTANT_LEASE_SECONDS", 15, 2, 600)
ASSISTANT_DRAIN_SECONDS = env.number("ASSISTANT_DRAIN_SECONDS", 1 if EMBEDDED else 20, 0, 600)
ASSISTANT_PROMPT_DIR = env.str("ASSISTANT_PROMPT_DIR", default="")  # of <public key>.md, which precede the instructions
if ASSISTANT_PROMPT_DIR and not Path(ASSISTANT_PROMPT_DIR).is_dir():
    raise ImproperlyConfigured("ASSISTANT_PROMPT_DIR must be an existing folder.")
VISITOR_TOKEN_DAYS = env.number("VISITOR_TOKEN_DAYS", 7, 1, 365)
MESSAGE_MAX_CHARS = 4000
RATE_LIMITS = env.bool("RATE_LIMITS", default=True)  # off if a proxy limits requests instead

# --- Language, static files, logs ------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["interworky.formats"]
TIME_ZONE = env.choice("TIME_ZONE", "UTC", zoneinfo.available_timezones())
USE_TZ = True
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # served in place, so that there is no collectstatic to forget
WHITENOISE_AUTOREFRESH = DEBUG

LOG_LEVEL = env.choice("LOG_LEVEL", "info", ("debug", "info", "warning", "error")).upper()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {
        "mask_links": {"()": "interworky.logs.MaskAppointmentLinks"},
        "once_per_minute": {"()": "interworky.logs.OncePerMinute"},
        "once_per_minute_utf8": {"()": "interworky.logs.OncePerMinute", "start": "Invalid UTF-8"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["mask_links"]}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        **{name: {"level": LOG_LEVEL} for name in ("assistant", "widget", "interworky")},
        "django.security.DisallowedHost": {"filters": ["once_per_minute"]},
        "uvicorn.error": {"filters": ["once_per_minute_utf8"]},
    },
}

MISSPELT_VARIABLES = env.misspelt(os.environ)  # name → what was probably meant; a check warns about them
