"""Django's settings in groups: what runs, where it keeps things, how it is guarded."""

from __future__ import annotations

from typing import Any

from psycopg.conninfo import conninfo_to_dict

from eventplatform import canary_intakes, env, mail, secrets
from eventplatform.admin_look import UNFOLD as UNFOLD  # noqa: PLC0414  # the admin in the look of the pages
from eventplatform.broker import security
from eventplatform.core.keeping import STREAM_ACCESSES
from eventplatform.embedded import addresses

# --- What runs, and where -----------------------------------------------------------------------------------------------

BASE_DIR = env.ROOT
# demo: everything on this machine, loopback only, generated passwords. production: weak secrets refuse to boot.
DEPLOYMENT = env.one_of("DEPLOYMENT", "demo", ("demo", "production"))
IS_DEMO = DEPLOYMENT != "production"
# staging, production …: which overrides and policies of the stream configuration hold here
ENVIRONMENT = env.text("ENVIRONMENT", "development")
ROLE = env.text("ROLE", "web")  # intake | web | stream | worker | watcher | beat: names metrics and log lines
VAR_DIR = env.folder("VAR_DIR", BASE_DIR / "var")  # embedded servers' data, logs, demo secrets
# real schemas and configuration that tests use where they are there
REFERENCE_DATA_DIR = env.folder("REFERENCE_DATA_DIR", BASE_DIR / "../shared/data")
DEBUG = env.flag("DEBUG")  # Django's error pages with values; never in production
PORT = env.number("PORT", 8000)  # of the web role in a demo; the intake listens on the next one

# --- Secrets ------------------------------------------------------------------------------------------------------------

# signs sessions and forms; 40 characters or more
SECRET_KEY = env.text("SECRET_KEY") or secrets.demo_key("SECRET_KEY", VAR_DIR, is_demo=IS_DEMO)
# Fernet keys, the first encrypts, all decrypt: rotation is putting a new one in front.
ENCRYPTION_KEYS = env.words("ENCRYPTION_KEYS") or [secrets.demo_key("ENCRYPTION_KEYS", VAR_DIR, is_demo=IS_DEMO)]
if not IS_DEMO:
    secrets.refuse_demo_keys(SECRET_KEY, *ENCRYPTION_KEYS)

# --- Applications -------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "eventplatform.broker",
    "registry",
    "streamconfig",
    "intake",
    "connectors",
    "processing",
    "monitoring",
]
MIDDLEWARE = [
    "eventplatform.web_requests.ObservedRequests",
    "django.middleware.security.SecurityMiddleware",
    "eventplatform.access.ProducersGoStraightIn",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "eventplatform.access.PagesNeedLogin",
    "eventplatform.access.TextsCanBeKept",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "eventplatform.access.AdminPolicy",
]
ROOT_URLCONF = "eventplatform.urls"
WSGI_APPLICATION = "eventplatform.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "eventplatform.navigation.navigation",
            ],
            "builtins": ["eventplatform.templatetags.components"],
            "libraries": {"components": "eventplatform.templatetags.components"},
        },
    },
]

# --- Stores the platform itself stands on -------------------------------------------------------------------------------

# postgresql://user:password@host/database; unset: the embedded Postgres
DATABASE_URL = env.text("DATABASE_URL") or addresses.postgres_url(VAR_DIR, "eventplatform")
_database = conninfo_to_dict(DATABASE_URL)
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database.pop("dbname", "eventplatform"),
        "USER": _database.pop("user", ""),
        "PASSWORD": _database.pop("password", ""),
        "HOST": _database.pop("host", ""),
        "PORT": str(_database.pop("port", "")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**_database, "connect_timeout": 5},
    },
}
# Celery's broker, redis://host:port/0; unset: the embedded Redis
REDIS_URL = env.text("REDIS_URL") or addresses.redis_url(VAR_DIR)
# Where events go: postgresql://… (the embedded log), kafka://host:port,host:port or memory:// (tests).
EVENT_LOG_URL = env.text("EVENT_LOG_URL") or DATABASE_URL
# how a Kafka log is reached: PLAINTEXT | SSL | SASL_PLAINTEXT | SASL_SSL
KAFKA_SECURITY_PROTOCOL = env.one_of("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT", security.PROTOCOLS)
# how the account is told to the brokers: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER; unset without SASL
KAFKA_SASL_MECHANISM = env.one_of("KAFKA_SASL_MECHANISM", "", ("", *security.MECHANISMS))
KAFKA_SECURITY = security.Security(
    protocol=KAFKA_SECURITY_PROTOCOL,
    mechanism=KAFKA_SASL_MECHANISM,
    username=env.text("KAFKA_USERNAME"),  # of the account; with OAUTHBEARER the client's id
    password=env.secret("KAFKA_PASSWORD"),  # or in the file KAFKA_PASSWORD_FILE; with OAUTHBEARER the client's secret
    ca_file=env.text("KAFKA_CA_FILE"),  # PEM: who signed the brokers' certificates; unset: the system's authorities
    certificate_file=env.text("KAFKA_CERTIFICATE_FILE"),  # PEM: our own, where brokers want one
    key_file=env.text("KAFKA_KEY_FILE"),  # PEM: its key
    key_password=env.secret("KAFKA_KEY_PASSWORD"),  # of the key, or in the file KAFKA_KEY_PASSWORD_FILE
    token_url=env.text("KAFKA_TOKEN_URL"),  # OAUTHBEARER: where tokens are had by client credentials
    token_scope=env.text("KAFKA_TOKEN_SCOPE"),  # OAUTHBEARER: the scope that is asked for
)
LOG_PARTITIONS = env.number("LOG_PARTITIONS", 1)  # of a topic made without a wish of its own
LOG_RETENTION_HOURS = env.number("LOG_RETENTION_HOURS", 7 * 24)  # how long the log keeps a record

# --- Intake -------------------------------------------------------------------------------------------------------------

INTAKE_URL = env.text("INTAKE_URL", f"http://127.0.0.1:{PORT + 1}")  # where canaries and snippets post
# where monitoring reads the counters of the web role's door; may be an inner address, as the first of ALLOWED_HOSTS is named
WEB_URL = env.text("WEB_URL", f"http://127.0.0.1:{PORT}")
# bodies that the web role reads at once, half of them of one address; fewer than its threads, or slow clients hold them all
WEB_BODY_SLOTS = env.number("WEB_BODY_SLOTS", 5)
# how often clients ask for their configuration: how long a change takes to reach those that run
CLIENT_REFRESH_SECONDS = env.number("CLIENT_REFRESH_SECONDS", 60)
INTAKE_SERVICES = env.words("INTAKE_SERVICES")  # services this intake answers for; empty: all
# of all bodies together that a process is reading, decompressed; beyond it 503
INTAKE_MAX_WAITING_BYTES = env.number("INTAKE_MAX_WAITING_BYTES", 128 * 1024 * 1024)
INTAKE_MAX_BODY_BYTES = env.number("INTAKE_MAX_BODY_BYTES", 10 * 1024 * 1024)  # of one request
# of one event with its message key: 1 MiB, which is what the log takes of a record, minus 4 KiB for the record's headers
INTAKE_MAX_EVENT_BYTES = env.number("INTAKE_MAX_EVENT_BYTES", 1024 * 1024 - 4 * 1024)
INTAKE_MAX_EVENTS = env.number("INTAKE_MAX_EVENTS", 1000)  # of one request
INTAKE_MAX_KEYS = env.number("INTAKE_MAX_KEYS", 1000)  # of one object
INTAKE_MAX_VALUES = env.number("INTAKE_MAX_VALUES", 250_000)  # in all objects and arrays of a request; what parsing costs
# for the log to confirm; then events go to the spool until it is back, or are refused with 503
# a file of JSON events that GET /v1/_test/events posts through the intake's own door, as a probe; unset: no such address
INTAKE_TEST_EVENTS = env.text("INTAKE_TEST_EVENTS")
# for tests of clients, never in production: services' eventgate.failing_streams are heeded
INTAKE_FAILS_ON_WISH = IS_DEMO and env.flag("INTAKE_FAILS_ON_WISH")
# whose X-Debug-Id is heeded: on (everybody's), keys (of requests with a producer key), off; see "Test your client"
INTAKE_DEBUG = env.one_of("INTAKE_DEBUG", "on" if IS_DEMO else "off", ("off", "keys", "on"))
INTAKE_ACK_TIMEOUT_SECONDS = env.number("INTAKE_ACK_TIMEOUT_SECONDS", 5)
SPOOL_DIR = env.text("SPOOL_DIR")  # this host's spool, shared by its processes; unset: spool in VAR_DIR
SPOOL_MAX_MB = env.number("SPOOL_MAX_MB", 1024)  # that may wait there; beyond it 507
SPOOL_MIN_FREE_MB = env.number("SPOOL_MIN_FREE_MB", 256)  # of its disk that stay free for others
INTAKE_WORKERS = env.number("INTAKE_WORKERS", 1)  # processes behind the intake's port
INTAKE_MAX_CONNECTIONS = env.number("INTAKE_MAX_CONNECTIONS", 1000)  # of one process; beyond it 503
INTAKE_MAX_HEAD_BYTES = env.number("INTAKE_MAX_HEAD_BYTES", 16 * 1024)  # request line and headers together; beyond it 431
INTAKE_HEAD_SECONDS = env.number("INTAKE_HEAD_SECONDS", 10)  # for the headers; then 408
INTAKE_BODY_IDLE_SECONDS = env.number("INTAKE_BODY_IDLE_SECONDS", 10)  # between two pieces of a body; then 408
INTAKE_BODY_SECONDS = env.number("INTAKE_BODY_SECONDS", 30)  # for a whole body; then 408
# between two requests of a connection; more than the proxy's in front, which else meets connections that we just closed
INTAKE_KEEP_ALIVE_SECONDS = env.number("INTAKE_KEEP_ALIVE_SECONDS", 65)
# from SIGTERM to the closed port, while /readyz is red: as long as a balancer needs to notice
INTAKE_DRAIN_SECONDS = env.number("INTAKE_DRAIN_SECONDS", 1 if IS_DEMO else 3)
TOPIC_PREFIX = env.text("TOPIC_PREFIX")  # the datacenter's, as in "eqiad."; chosen among a stream's topics
FORMAT_MODE = env.text("FORMAT_MODE", "ajv6")  # how `format` is judged: ajv6 (fast mode) | strict

# --- Who may send how much; 0 is without a limit ------------------------------------------------------------------------

# proxies in front of the intake; 0: the connection's own address is the client's, and headers are not believed
INTAKE_TRUSTED_PROXIES = env.number("INTAKE_TRUSTED_PROXIES", 0)
# which header they write; another one than X-Forwarded-For must be overwritten by the outermost of them
INTAKE_CLIENT_ADDRESS_HEADER = env.text("INTAKE_CLIENT_ADDRESS_HEADER", "X-Forwarded-For")
_one_address = INTAKE_MAX_CONNECTIONS if INTAKE_TRUSTED_PROXIES else INTAKE_MAX_CONNECTIONS * 4 // 5
# of one address in one process; beyond it 429. By default four fifths of all; all, behind proxies, whose they are
INTAKE_MAX_CONNECTIONS_PER_ADDRESS = env.number("INTAKE_MAX_CONNECTIONS_PER_ADDRESS", _one_address)
# of anonymous events from one address (IPv6: its /64). Behind a proxy set INTAKE_TRUSTED_PROXIES first, or all are one
INTAKE_ADDRESS_EVENTS_PER_SECOND = env.number("INTAKE_ADDRESS_EVENTS_PER_SECOND", 0)
INTAKE_KEY_EVENTS_PER_SECOND = env.number("INTAKE_KEY_EVENTS_PER_SECOND", 0)  # of a producer key without a limit of its own
INTAKE_KEY_EVENTS_PER_DAY = env.number("INTAKE_KEY_EVENTS_PER_DAY", 0)  # likewise, by UTC days
INTAKE_BURST_SECONDS = env.number("INTAKE_BURST_SECONDS", 2)  # how many seconds of a limit may come at once
INTAKE_MAX_IN_FLIGHT = env.number("INTAKE_MAX_IN_FLIGHT", 20_000)  # events of a process that are not settled; then 503

# --- Streams out: server-sent events ------------------------------------------------------------------------------------

STREAM_URL = env.text("STREAM_URL", f"http://127.0.0.1:{PORT + 2}")  # where people reach the role stream
# who reads a stream that says nothing of it in its setting stream_out: public (everybody) | token | none
STREAM_OUT_ACCESS = env.one_of("STREAM_OUT_ACCESS", "public" if IS_DEMO else "none", STREAM_ACCESSES)
STREAM_MAX_CLIENTS = env.number("STREAM_MAX_CLIENTS", 2000)  # of one process; beyond it 503
STREAM_MAX_CLIENTS_PER_ADDRESS = env.number("STREAM_MAX_CLIENTS_PER_ADDRESS", 10)  # without a token; beyond it 429
STREAM_MAX_CLIENTS_PER_USER = env.number("STREAM_MAX_CLIENTS_PER_USER", 20)  # with tokens of one account; beyond it 429
STREAM_MAX_SECONDS = env.number("STREAM_MAX_SECONDS", 15 * 60)  # then a connection ends politely; its client comes again
STREAM_MAX_HISTORY = env.number("STREAM_MAX_HISTORY", 50)  # clients that read past events at once; beyond it 503
STREAM_HISTORY_PER_SECOND = env.number("STREAM_HISTORY_PER_SECOND", 5000)  # past records that a process reads for all of them

# --- Personal data and rejected events ----------------------------------------------------------------------------------

# hashes fields that a schema marks so; unset: made from SECRET_KEY. A new key gives all hashes new values
PII_HASH_KEY = env.text("PII_HASH_KEY") or f"pii:{SECRET_KEY}"
PII_HASH_DAILY = env.flag("PII_HASH_DAILY")  # a hash is another one each day, so that days can't be joined
REJECTED_TOPIC = env.text("REJECTED_TOPIC", "eventplatform.rejected")  # refused events of streams without an error stream
REJECTED_PER_SECOND = env.number("REJECTED_PER_SECOND", 5)  # told of one stream and reason, by each process; more is counted
REJECTED_MAX_EVENT_BYTES = env.number("REJECTED_MAX_EVENT_BYTES", 64 * 1024)  # kept of a refused event
REJECTED_KEPT_DAYS = env.number("REJECTED_KEPT_DAYS", 30)  # then rejected events are deleted
REJECTED_KEPT_PER_GROUP = env.number("REJECTED_KEPT_PER_GROUP", 10_000)  # of one reason and schema; the oldest go first
REJECTED_KEPT_GROUPS = env.number("REJECTED_KEPT_GROUPS", 2000)  # those that were quiet longest go first

# --- Schema repositories ------------------------------------------------------------------------------------------------

# how git repositories may be reached: https, ssh, file
SCHEMA_TRANSPORTS = env.words("SCHEMA_TRANSPORTS", "https,ssh,file" if IS_DEMO else "https,ssh")
# folders of this machine that may hold repositories, where the transport `file` is allowed
SCHEMA_FILE_ROOTS = env.words("SCHEMA_FILE_ROOTS", "/" if IS_DEMO else "")
# hosts that may have an address of an inner network; *: any
SCHEMA_PRIVATE_HOSTS = env.words("SCHEMA_PRIVATE_HOSTS", "*" if IS_DEMO else "")
SCHEMA_PROXY = env.text("SCHEMA_PROXY")  # http://host:port for https repositories; it then decides which hosts may be reached
SCHEMA_PULL_SECONDS = env.number("SCHEMA_PULL_SECONDS", 120)  # of one run of git
SCHEMA_PULL_MAX_MB = env.number("SCHEMA_PULL_MAX_MB", 200)  # of what is kept of one repository on the worker's disk

# --- Work in the background ---------------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
# positions are also told to a Kafka log as those of groups connector.<name>, for tools that show lag; nobody reads them back
CONNECTOR_KAFKA_GROUPS = env.flag("CONNECTOR_KAFKA_GROUPS", default=True)
# a connector that failed by an error nobody foresaw starts again after 2, 6, 12, 20 … minutes, these at most; 0: never
CONNECTOR_RESTART_MINUTES = env.number("CONNECTOR_RESTART_MINUTES", 60)
# where secret options that say file:name are read from, such as a mounted secret; unset: nowhere
SECRETS_DIR = env.text("SECRETS_DIR")
CANARY_INTERVAL_SECONDS = env.number("CANARY_INTERVAL_SECONDS", 60 if IS_DEMO else 300)  # between two canaries of a stream
# by whose clocks days and weeks of traffic are compared, such as Europe/Berlin, so that summer time moves with people
TRAFFIC_TIME_ZONE = env.time_zone("TRAFFIC_TIME_ZONE", "UTC")
# where canaries are posted, by topic prefix and service: eqiad.=https://…,codfw.=…,codfw./logging=…; unset: INTAKE_URL
CANARY_INTAKES = canary_intakes.read(env.words("CANARY_INTAKES"), prefix=TOPIC_PREFIX, url=INTAKE_URL)

# --- Doors and their locks ----------------------------------------------------------------------------------------------

# names under which the web role may be reached; required in production
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS") or (["127.0.0.1", "localhost", "[::1]"] if IS_DEMO else [])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")  # https://host, where a proxy changes the origin
PAGES_NEED_LOGIN = env.flag("PAGES_NEED_LOGIN", default=not IS_DEMO)  # whether pages may be read without signing in
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SECURE_SSL_REDIRECT = not IS_DEMO and env.flag("SECURE_SSL_REDIRECT", default=True)  # http is sent to https
# a proxy ends TLS and sets X-Forwarded-Proto itself
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("BEHIND_PROXY") else None
SECURE_HSTS_SECONDS = 0 if IS_DEMO else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not IS_DEMO
SECURE_HSTS_PRELOAD = not IS_DEMO
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = not IS_DEMO
CSRF_COOKIE_SECURE = not IS_DEMO
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "style-src-attr": ["'unsafe-inline'"],  # widths of meters and bars are style attributes
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}

# --- What leaves the platform -------------------------------------------------------------------------------------------

# hosts of inner networks that webhooks and imports may call; *: any. Everybody else's servers must be public
OUTBOUND_PRIVATE_HOSTS = env.words("OUTBOUND_PRIVATE_HOSTS")
# where people reach the pages; links in messages begin with it
PUBLIC_URL = env.text("PUBLIC_URL", WEB_URL).rstrip("/")
# asked once a minute while alerts are evaluated, so that whoever runs it can ring when the platform falls silent
ALERT_HEARTBEAT_URL = env.text("ALERT_HEARTBEAT_URL")
ALERTS_KEPT_DAYS = env.number("ALERTS_KEPT_DAYS", 400)  # then alerts that are over are deleted, with their stories
# smtp+starttls://user:password@host:587, smtps://…, smtp://…, file:///folder, console: (a demo writes var/mail)
EMAIL_URL = env.text("EMAIL_URL", f"file://{VAR_DIR}/mail" if IS_DEMO else "smtp://localhost:25")
_mail = mail.read(EMAIL_URL)
EMAIL_BACKEND, EMAIL_FILE_PATH, EMAIL_TIMEOUT = _mail.backend, _mail.folder or None, 10
EMAIL_HOST, EMAIL_PORT, EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.host, _mail.port, _mail.is_starttls, _mail.is_tls
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "Event platform <event-platform@localhost>")  # who messages are from

# --- Realtime SQL: what a question over the log may cost ----------------------------------------------------------------

SQL_MAX_RECORDS = env.number("SQL_MAX_RECORDS", 100_000)  # that it reads; older ones are left out, and it says so
SQL_MAX_MB = env.number("SQL_MAX_MB", 64)  # of records that it reads; likewise
SQL_READ_SECONDS = env.number("SQL_READ_SECONDS", 10)  # of reading them; likewise
SQL_ANSWER_SECONDS = env.number("SQL_ANSWER_SECONDS", 10)  # of answering; then the question is given up
SQL_MEMORY_MB = env.number("SQL_MEMORY_MB", 384)  # that DuckDB takes; its process has half a GiB beside it
SQL_AT_ONCE = env.number("SQL_AT_ONCE", 2)  # questions that a process lets run at once; of one person one

# --- Words, times, files ------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = IS_DEMO

# --- APIs ---------------------------------------------------------------------------------------------------------------

CONFIG_WAITERS = env.number("CONFIG_WAITERS", 2)  # long polls of configuration waiting at once in a process
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "streamconfig.api.authentication.TokenAuthentication",
        "streamconfig.api.authentication.BrowserAuthentication",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.DjangoModelPermissionsOrAnonReadOnly"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer", "rest_framework.renderers.BrowsableAPIRenderer"],
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Event platform",
    "DESCRIPTION": "Produce strongly typed events, read stream configuration and schemas.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "VerdictKindEnum": "streamconfig.models.Verdict.Kind",
        "StateEnum": "streamconfig.models.ChangeRequest.State",
        "HourStateEnum": "monitoring.hours.judging.STATES",
        "WantedStateEnum": "connectors.api.bodies.STATES",
    },
}

# --- Traces -------------------------------------------------------------------------------------------------------------

# http://host:4318 of an OpenTelemetry collector; unset: no traces. Its other OTEL_… variables hold too, as OTEL_TRACES_SAMPLER
OTEL_EXPORTER_OTLP_ENDPOINT = env.text("OTEL_EXPORTER_OTLP_ENDPOINT")

# --- Logs: one JSON object a line ---------------------------------------------------------------------------------------

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "eventplatform.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},  # DEBUG | INFO | WARNING | ERROR
    "loggers": {
        "kafka": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "django.server": {"level": "WARNING"},
    },
}
