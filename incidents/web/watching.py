"""The card of watchers, the same for an incident and for a service."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms

from accounts.domain import roles
from accounts.models import User
from incidents.domain.watching import LABELS, WatchRole
from incidents.models.watching import ROLES
from incidents.queries import Watch


class WatchForm(forms.Form):
    """How much one wants to hear oneself."""

    role = forms.ChoiceField(
        choices=ROLES, required=False, initial=WatchRole.FOLLOWER.value, label="I want to hear"
    )


class AddWatcherForm(forms.Form):
    """Somebody else; the names are read when the form is shown to those who may."""

    user = forms.ModelChoiceField(
        User.objects.none(), to_field_name="public_id", label="Person", empty_label="Choose"
    )
    role = forms.ChoiceField(choices=ROLES, initial=WatchRole.STAKEHOLDER.value, label="Hears")

    def __init__(self, *arguments: object, but: Sequence[int] = (), **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        people = User.objects.active().exclude(pk__in=but)
        self.fields["user"].queryset = people  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Row:
    """One other watcher."""

    user: User
    hears: str
    through_service: bool


@dataclass(frozen=True, slots=True)
class Card:
    """`noun`: "incident" or "service"; `address` takes a POST, `stop` ends it."""

    noun: str
    address: str
    stop: str
    mine: Watch | None
    others: tuple[Row, ...]
    form: WatchForm
    may_add: bool

    @property
    def hears(self) -> str:
        return label_of(self.mine.role) if self.mine else ""


def label_of(role: str) -> str:
    return LABELS[WatchRole(role)] if role in set(WatchRole) else role


def card_of(viewer: User, found: Sequence[Watch], *, noun: str, address: str) -> Card:
    mine = next((watch for watch in found if watch.user.pk == viewer.pk), None)
    others = [watch for watch in found if watch.user.pk != viewer.pk]
    return Card(
        noun=noun,
        address=address,
        stop=f"{address}stop/",
        mine=mine,
        others=tuple(Row(w.user, label_of(w.role), w.through_service) for w in others),
        form=WatchForm(initial={"role": mine.role} if mine else None),
        may_add=may_add(viewer),
    )


def may_add(viewer: User) -> bool:
    """To decide what other people hear takes the right to annotate incidents."""
    return roles.may(viewer.role, roles.Ability.ANNOTATE_INCIDENT)
