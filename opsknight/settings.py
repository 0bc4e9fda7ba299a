"""Django settings: environment first, then safe defaults. `.env` beside manage.py is read."""

import os
import sys
from pathlib import Path

import environ

from opsknight import secret_store, wiring
from opsknight.wiring import *  # noqa: F403  the plug points: one page, read through settings

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
ENV_FILE = Path(env.str("OPSKNIGHT_ENV_FILE", default=str(BASE_DIR / ".env")))
if ENV_FILE.is_file():
    env.read_env(str(ENV_FILE))

VERSION = "0.1.0"
DEBUG = False
TESTING = env.bool("OPSKNIGHT_TESTING", default=False)
PROCESS = env.str("OPSKNIGHT_PROCESS", default="engine")  # "web" commits with fsync on SQLite

DATA_DIR = Path(env.str("OPSKNIGHT_DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
_secrets = secret_store.load(DATA_DIR, os.environ)
SECRET_KEY = _secrets["SECRET_KEY"]
FIELD_KEYS = [key.strip() for key in _secrets["FIELD_KEYS"].split(",") if key.strip()]
KEY_PEPPER = _secrets["KEY_PEPPER"]

HOST = env.str("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=3000)
PUBLIC_URL = env.str("OPSKNIGHT_URL", default=env.str("NEXTAUTH_URL", default="")).rstrip("/")
DEMO = env.bool("OPSKNIGHT_DEMO", default=False)  # telephones are simulated
SETUP_TOKEN = env.str("SETUP_TOKEN", default="")
LOOPBACK = HOST in {"127.0.0.1", "::1", "localhost"}
TRUSTED_PROXIES = env.int("OPSKNIGHT_TRUSTED_PROXIES", default=0)  # proxies in front of us
WEB_PROCESSES = env.int("OPSKNIGHT_WEB_PROCESSES", default=2)
WEB_THREADS = env.int("OPSKNIGHT_WEB_THREADS", default=8)

# Host names are checked by core.middleware against the public origin, which may live in a row.
ALLOWED_HOSTS = ["*"]
SECURE = PUBLIC_URL.startswith("https://")

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "django_cotton",
    "django_q",
    "opsknight",
    "core",
    "audit",
    "accounts",
    "notifications",
    "schedules",
    "escalation",
    "services",
    "incidents",
    "integrations",
    "dashboard",
]

MIDDLEWARE = [
    "core.fast_lane.FastLane",  # machine routes leave the chain here
    "core.middleware.request_context",
    "core.middleware.check_host",
    "core.middleware.security_headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.readable_text",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "core.middleware.OriginCsrfMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.viewer_zone",
    "accounts.middleware.require_setup",
]

ROOT_URLCONF = "opsknight.urls"
WSGI_APPLICATION = "opsknight.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["core.templatetags.ui"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context.shell",
                "dashboard.context.navigation",
            ],
        },
    }
]
FORM_RENDERER = "core.forms.OpsKnightFormRenderer"

# --- database ------------------------------------------------------------------------------
# Uses after which `core.database.hot_cursor` has a statement prepared. Django's default is never:
# planning the look-up of a key took 0.8 ms of processor with every event.
_PREPARE_AFTER = 5
_SQLITE_ENGINE = "core.sqlite3"
_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous={sync}; PRAGMA busy_timeout={busy};"
    "PRAGMA cache_size=-20000; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=134217728;"
    "PRAGMA journal_size_limit=27103364; PRAGMA foreign_keys=ON;"
)


def _database() -> dict:
    url = env.str("DATABASE_URL", default="")
    if not url:
        DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
        web = PROCESS == "web"
        seconds = 5 if web else 20
        sync = "FULL" if web else "NORMAL"
        return {
            "ENGINE": _SQLITE_ENGINE,
            "NAME": str(DATA_DIR / "opsknight.sqlite3"),
            "OPTIONS": {
                "timeout": seconds,
                "transaction_mode": "IMMEDIATE",
                "init_command": _SQLITE_PRAGMAS.format(sync=sync, busy=seconds * 1000),
            },
            "CONN_MAX_AGE": None,
        }
    config = environ.Env.db_url_config(url)
    for name in ("connection_limit", "pool_timeout", "schema"):
        config.get("OPTIONS", {}).pop(name, None)  # options of another ORM in existing .env files
    if config["ENGINE"].endswith("sqlite3"):
        config["ENGINE"] = _SQLITE_ENGINE
    else:  # 0 in the address: never, for a pooler that cannot have it
        options = config.setdefault("OPTIONS", {})
        options["prepare_threshold"] = options.get("prepare_threshold", _PREPARE_AFTER) or None
    config["CONN_MAX_AGE"] = None
    config["CONN_HEALTH_CHECKS"] = True
    return config


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people ----------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]
_VALIDATION = "django.contrib.auth.password_validation."
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": _VALIDATION + "UserAttributeSimilarityValidator"},
    {"NAME": _VALIDATION + "MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": _VALIDATION + "CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = False  # accounts.throttle slows guesses in rows, and never locks out
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.links.ResetTokens"
PASSWORD_RESET_TIMEOUT = 3600
ACCOUNT_FORMS = {"reauthenticate": "accounts.web.forms.ConfirmPasswordForm"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ADAPTER = "accounts.adapter.SecondFactorAdapter"
MFA_TOTP_ISSUER = "OpsKnight"
MFA_TOTP_TOLERANCE = 1  # clocks of phones are off by some seconds
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody signs up here: an address comes from an admin or a link
MFA_FORMS = {
    "authenticate": "accounts.web.code_forms.SignInCodeForm",
    "reauthenticate": "accounts.web.code_forms.ConfirmCodeForm",
    "activate_totp": "accounts.web.code_forms.ActivateForm",
}
SESSION_COOKIE_AGE = 30 * 24 * 3600

# --- demo mode -------------------------------------------------------------------------------
if DEMO:
    PROVIDERS = {**wiring.PROVIDERS, **wiring.DEMO_PROVIDERS}

# --- cookies and headers ---------------------------------------------------------------------
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = False  # htmx reads the token from the page, scripts may read the cookie
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "core.web.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
if SECURE:
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- mail ------------------------------------------------------------------------------------
EMAIL_BACKEND = "notifications.mail.Backend"
EMAIL_URL = env.str("EMAIL_URL", default="")
DEFAULT_FROM_EMAIL = env.str("OPSKNIGHT_MAIL_FROM", default="OpsKnight <opsknight@localhost>")

# --- outbound ----------------------------------------------------------------------------------
OPSKNIGHT_EGRESS_ALLOW = tuple(
    part.strip()
    for part in env.str("OPSKNIGHT_EGRESS_ALLOW", default="").split(",")
    if part.strip()
)

# --- limits (0 switches a limit off) ----------------------------------------------------------
EVENTS_PER_MINUTE = env.int("OPSKNIGHT_EVENTS_PER_MINUTE", default=120)
VENDOR_PER_MINUTE = env.int("OPSKNIGHT_VENDOR_PER_MINUTE", default=1200)
API_PER_MINUTE = env.int("OPSKNIGHT_API_PER_MINUTE", default=100)
FEED_PER_MINUTE = env.int("OPSKNIGHT_FEED_PER_MINUTE", default=20)
EVENT_BODY_BYTES = env.int("OPSKNIGHT_EVENT_BODY_BYTES", default=512 * 1024)
VENDOR_BODY_BYTES = env.int("OPSKNIGHT_VENDOR_BODY_BYTES", default=8 * 1024 * 1024)

# --- jobs: transport only, our own rows own all state ------------------------------------------
Q_CLUSTER = {
    "name": "opsknight",
    "orm": "default",
    "workers": env.int("OPSKNIGHT_JOB_WORKERS", default=2),
    "poll": 0.05,
    "bulk": 1,
    "queue_limit": 2,
    "timeout": 20,
    "retry": 60,
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": -1,
    "guard_cycle": 0.5,
    "catch_up": False,
    "scheduler": False,
    "label": "Background jobs",
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- api -----------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api_auth.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api_auth.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.StrictJSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["core.api.RowThrottle"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.api.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "OpsKnight API",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "ENUM_NAME_OVERRIDES": {
        "ChannelEnum": "notifications.models.Channel",
        "CoverageSubjectEnum": "schedules.models.SubjectKind",
        "DeliveryStateEnum": "notifications.models.DeliveryState",
        "DigestRhythmEnum": "notifications.domain.gathering.Rhythm",
        "FeedKindEnum": "schedules.models.FeedKind",
        "FindingKindEnum": "schedules.models.FindingKind",
        "IncidentStatusEnum": "incidents.api.serializers.STATUSES",
        "IntegrationTypeEnum": "services.models.IntegrationType",
        "OverrideTypeEnum": "schedules.models.OverrideKind",
        "RhythmEnum": "notifications.domain.drill_times.Rhythm",
        "RoleEnum": "accounts.models.Role",
        "TargetTypeEnum": "escalation.api.serializers.API_KINDS",
        "TeamRoleEnum": "accounts.models.TeamRole",
        "UrgencyEnum": "notifications.domain.words.Urgency",
        "UserStatusEnum": "accounts.models.UserStatus",
        "WatchRoleEnum": "incidents.models.watching.ROLES",
        "WebhookTypeEnum": "services.models.WebhookType",
        "WeekdayEnum": "schedules.queries.DAYS",
    },
}

# --- language, time, static -----------------------------------------------------------------------
# Pages are in English; messages speak the language of whoever reads them (core.language).
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "German")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("OPSKNIGHT_STATIC_ROOT", default=str(DATA_DIR / "static")))
_MANIFEST = "opsknight.static_files.Storage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if TESTING else _MANIFEST
    },
}
WHITENOISE_USE_FINDERS = TESTING
# Tests look a file up when it is asked for: each of their clients would list all of them first.
WHITENOISE_AUTOREFRESH = TESTING
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "account.W001"]

UNFOLD = {"SITE_TITLE": "OpsKnight admin", "SITE_HEADER": "OpsKnight", "SITE_URL": "/"}

LOG_LEVEL = env.str("LOG_LEVEL", default="WARNING" if "pytest" in sys.modules else "INFO")
LOGGING_CONFIG = "core.logs.configure"
LOGGING = {"level": LOG_LEVEL, "format": env.str("LOG_FORMAT", default="text")}
