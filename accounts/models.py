"""People, teams, API keys and invitations."""

import zoneinfo
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from accounts.domain import roles, zones
from core import ids
from core.actor import Actor


class Role(models.TextChoices):
    ADMIN = roles.Role.ADMIN.value, "Admin"
    RESPONDER = roles.Role.RESPONDER.value, "Responder"
    USER = roles.Role.USER.value, "User"


class UserStatus(models.TextChoices):
    INVITED = "INVITED", "Invited"
    ACTIVE = "ACTIVE", "Active"
    DISABLED = "DISABLED", "Disabled"


class TeamRole(models.TextChoices):
    OWNER = roles.TeamRole.OWNER.value, "Owner"
    ADMIN = roles.TeamRole.ADMIN.value, "Admin"
    MEMBER = roles.TeamRole.MEMBER.value, "Member"


def check_time_zone(name: str) -> None:
    """Raises ValidationError unless `name` is an IANA zone."""
    if name not in zones.known():
        raise ValidationError(f"“{name}” is not a known time zone; use a name like Europe/Berlin")


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> "UserQuerySet":
        return self.filter(status=UserStatus.ACTIVE)

    def pageable(self) -> "UserQuerySet":
        """Everyone who may be paged: an invited person is tried, a disabled one never."""
        return self.exclude(status=UserStatus.DISABLED)


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def active(self) -> UserQuerySet:
        return self.get_queryset().active()

    def pageable(self) -> UserQuerySet:
        return self.get_queryset().pageable()

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """A person. `email` is stored in lower case; `is_active` mirrors `status` for Django's sake.

    Raising `session_version` ends every session of the person and kills open reset links.
    """

    public_id = models.CharField(max_length=32, unique=True, default=ids.user, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.USER)
    status = models.CharField(max_length=12, choices=UserStatus.choices, default=UserStatus.INVITED)
    is_active = models.BooleanField(default=False, editable=False)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_time_zone])
    theme = models.CharField(max_length=8, blank=True, default="")
    language = models.CharField(
        max_length=8,
        blank=True,
        default="",
        db_default="",  # the code before this column goes on writing rows for a while
        help_text="Of messages; empty: the installation's",
    )
    must_change_password = models.BooleanField(default=False)
    session_version = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower(F("email"))), name="user_email_lower"),
            models.CheckConstraint(
                condition=Q(status="ACTIVE", is_active=True)
                | Q(status__in=["INVITED", "DISABLED"], is_active=False),
                name="user_active_mirrors_status",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def become(self, status: str) -> None:
        """Sets the status and its mirror; the caller saves both."""
        self.status = status
        self.is_active = status == UserStatus.ACTIVE

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        value = f"{self.password}:{self.session_version}"
        return salted_hmac("accounts.session", value, secret=secret, algorithm="sha256").hexdigest()

    @property
    def is_admin(self) -> bool:
        return self.is_active and self.role == Role.ADMIN

    @property
    def is_staff(self) -> bool:
        return self.is_admin

    @property
    def is_superuser(self) -> bool:
        return self.is_admin

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return self.is_admin

    def has_perms(self, perm_list: Any, obj: Any = None) -> bool:
        return self.is_admin

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_admin

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    def as_actor(self, via: str, ip: str | None = None, request_id: str = "") -> Actor:
        return Actor("user", self.public_id, self.name, via, ip, request_id, self.pk)


class Team(models.Model):
    """A group of people that owns services. `lead` is one of its members."""

    public_id = models.CharField(max_length=32, unique=True, default=ids.team, editable=False)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True, default="", max_length=2000)
    lead = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="leads"
    )
    members: "models.ManyToManyField[User, Membership]" = models.ManyToManyField(
        User, through="Membership", related_name="teams"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="team_name_unique")]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person in a team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=TeamRole.choices, default=TeamRole.MEMBER)
    receives_pages = models.BooleanField(
        default=True, help_text="Paged when the whole team is a target"
    )

    class Meta:
        ordering = ["user__name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


class ApiKey(models.Model):
    """A machine's credential: keyed hash only, the key itself is shown once."""

    public_id = models.CharField(max_length=32, unique=True, default=ids.api_key, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=16)
    key_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class Invitation(models.Model):
    """A link that lets an invited person choose a password; hashed, single use, expires."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"invitation of {self.user}"
