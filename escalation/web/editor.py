"""The form of a policy: head and steps, checked together, turned into a PolicySpec."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.forms import formset_factory

from accounts.models import Team, User, UserStatus
from core import form_rows
from core.errors import ProductError
from core.form_rows import Move, Row
from core.web import blame
from core.widgets import SelectList
from escalation.commands import (
    MAX_RANK,
    MAX_STEPS,
    MAX_TARGETS,
    MAX_WAIT_MINUTES,
    PolicySpec,
    StepSpec,
    TargetSpec,
)
from escalation.domain import wording
from escalation.domain.engine import FIRST_RANK, MAX_CYCLES
from escalation.models import PolicyVersion, StepTarget
from notifications.models import OFFERED, Channel
from schedules.models import Schedule

FOREVER = "forever"
REPEATS = [
    ("0", "No"),
    ("1", "Once more"),
    *((str(times), f"{times} more times") for times in range(2, MAX_CYCLES)),
    (FOREVER, f"Until somebody acknowledges (at most {MAX_CYCLES} passes)"),
]
# The bell alone reaches nobody, so a step cannot ask for it.
CHANNELS = [(channel.value, channel.label) for channel in OFFERED if channel != Channel.IN_APP]
STEPS = "steps"
# Offered for each schedule: on call, and the two behind; what a version names already stays.
RANKS = (FIRST_RANK, 2, 3)
# Moving a step changes who comes first, not how long anybody has to answer.
STAYING = ("escalate_after_minutes",)


class PolicyForm(forms.Form):
    name = forms.CharField(max_length=120, help_text="What it is for: Business critical, Calm.")
    description = forms.CharField(
        max_length=2000, required=False, widget=forms.Textarea({"rows": 2})
    )
    team = forms.ChoiceField(
        required=False,
        label="Owner",
        help_text="Told when somebody will be missing. Nobody chosen: the admins are told.",
    )
    initial_delay_minutes = forms.IntegerField(
        min_value=0,
        max_value=MAX_WAIT_MINUTES,
        initial=0,
        label="Wait before the first step (minutes)",
        help_text="0: page at once.",
    )
    repeat = forms.ChoiceField(
        choices=REPEATS,
        initial="0",
        label="When nobody acknowledges, go through the steps again",
        help_text="Afterwards the fallback contacts are paged, "
        "and the last step every hour until somebody takes the incident.",
    )
    fallback = forms.MultipleChoiceField(
        required=False,
        widget=SelectList(item="Fallback contact"),
        label="Fallback contacts",
        help_text="Paged on all channels when nobody has acknowledged. "
        "Nobody chosen: those of the installation, else all admins.",
    )
    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class StepRow(forms.Form):
    targets = forms.MultipleChoiceField(
        widget=SelectList(item="Target"),
        label="Page",
        error_messages={"required": "Say whom this step pages, or remove the step"},
    )
    escalate_after_minutes = forms.IntegerField(
        min_value=0,
        max_value=MAX_WAIT_MINUTES,
        initial=5,
        label="Then wait (minutes)",
    )
    channels = forms.MultipleChoiceField(
        choices=CHANNELS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Only by",
        help_text="Nothing ticked: as each person prefers.",
    )

    def __init__(self, *args: Any, choices: Sequence[Any], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["targets"].choices = choices  # type: ignore[attr-defined]

    def clean_targets(self) -> list[str]:
        chosen = list(dict.fromkeys(self.cleaned_data["targets"]))
        if len(chosen) > MAX_TARGETS:
            raise forms.ValidationError(f"At most {MAX_TARGETS} targets")
        return chosen


StepRows = formset_factory(StepRow, extra=0, max_num=MAX_STEPS, absolute_max=MAX_STEPS * 2)


class Choices:
    """Everybody and everything that a step may page; what a version names already stays in it."""

    def __init__(self, version: PolicyVersion | None = None) -> None:
        targets = [] if version is None else _targets(version)
        self.fallback = [] if version is None else list(version.fallback_users.all())
        people = [target.user for target in targets if target.user] + self.fallback
        schedules = [target.schedule for target in targets if target.schedule]
        self.ranks = sorted({*RANKS, *(target.rank for target in targets)})
        self.people = _with(User.objects.pageable(), people)
        self.teams = list(Team.objects.all())
        self.schedules = _with(Schedule.objects.filter(archived_at=None), schedules)

    def groups(self) -> list[tuple[str, Any]]:
        return [
            ("", "Choose"),
            *((_place(rank), self._ranked(rank)) for rank in self.ranks),
            ("A whole team", [(f"team:{t.public_id}", f"{t} (whole team)") for t in self.teams]),
            (
                "The lead of a team",
                [(f"lead:{t.public_id}", f"{t} (team lead)") for t in self.teams],
            ),
            ("One person", [(f"user:{user.public_id}", _named(user)) for user in self.people]),
        ]

    def _ranked(self, rank: int) -> list[tuple[str, str]]:
        words = {FIRST_RANK: "on call", wording.SECONDARY: "secondary"}
        word = words.get(rank, f"{wording.ordinal(rank)} in rotation")
        return [(_of_schedule(one, rank), f"{one} ({word})") for one in self.schedules]

    def persons(self) -> list[tuple[str, str]]:
        return [("", "Choose"), *((user.public_id, _named(user)) for user in self.people)]

    def owners(self) -> list[tuple[str, str]]:
        return [("", "Choose"), *((team.public_id, team.name) for team in self.teams)]

    def specs(self) -> dict[str, TargetSpec]:
        found = {f"user:{user.public_id}": TargetSpec(user=user) for user in self.people}
        for rank in range(FIRST_RANK, MAX_RANK + 1):
            found |= {
                _of_schedule(one, rank): TargetSpec(schedule=one, rank=rank)
                for one in self.schedules
            }
        for team in self.teams:
            found[f"team:{team.public_id}"] = TargetSpec(team=team)
            found[f"lead:{team.public_id}"] = TargetSpec(team=team, lead_only=True)
        return found


class PolicyEditor:
    """Form and steps: shown, rearranged, checked."""

    def __init__(
        self,
        choices: Choices,
        *,
        data: Any = None,
        initial: Row | None = None,
        steps: Sequence[Row] = (),
    ) -> None:
        self.choices = choices
        self.form = PolicyForm(data, initial=initial)
        self.form.fields["team"].choices = choices.owners()  # type: ignore[attr-defined]
        self.form.fields["fallback"].choices = choices.persons()  # type: ignore[attr-defined]
        self.steps = StepRows(
            data,
            initial=list(steps),
            prefix=STEPS,
            # A step that was only added counts: it must not vanish without a word.
            form_kwargs={"choices": choices.groups(), "empty_permitted": False},
        )

    def rearranged(self, move: Move) -> "PolicyEditor":
        """The same with what was typed, after a button among the steps was pressed."""
        rows = form_rows.typed_rows(self.steps)
        if move.prefix == STEPS:
            rows = form_rows.moved(rows, move, staying=STAYING)
        return PolicyEditor(self.choices, initial=form_rows.typed(self.form), steps=rows)

    def is_valid(self) -> bool:
        return all([self.form.is_valid(), self.steps.is_valid()])

    def blame(self, error: ProductError) -> None:
        blame(self.form, error)

    @property
    def owner(self) -> Team | None:
        chosen = self.form.cleaned_data["team"]
        return next((team for team in self.choices.teams if team.public_id == chosen), None)

    def spec(self) -> PolicySpec:
        given, specs = self.form.cleaned_data, self.choices.specs()
        people = {user.public_id: user for user in self.choices.people}
        repeat = given["repeat"]
        return PolicySpec(
            steps=[
                StepSpec(
                    targets=[specs[value] for value in row["targets"]],
                    escalate_after_minutes=row["escalate_after_minutes"],
                    channels=row["channels"],
                )
                for row in self.steps.cleaned_data
            ],
            initial_delay_minutes=given["initial_delay_minutes"],
            repeat_count=None if repeat == FOREVER else int(repeat),
            fallback_users=[people[value] for value in dict.fromkeys(given["fallback"])],
        )


def blank() -> PolicyEditor:
    return PolicyEditor(Choices(), steps=[{}])


def of_version(version: PolicyVersion, choices: Choices) -> PolicyEditor:
    """A version as it stands, to be changed into the next one."""
    policy = version.policy
    repeat = version.repeat_count
    initial = {
        "name": policy.name,
        "description": policy.description,
        "team": policy.team.public_id if policy.team else "",
        "initial_delay_minutes": version.initial_delay_minutes,
        "repeat": FOREVER if repeat is None else str(min(repeat, MAX_CYCLES - 1)),
        "fallback": [user.public_id for user in choices.fallback],
        "expected_version": version.number,
    }
    steps = [
        {
            "targets": [value for value in map(_value, step.targets.all()) if value],
            "escalate_after_minutes": step.escalate_after_minutes,
            "channels": step.channels,
        }
        for step in version.steps.all()
    ]
    return PolicyEditor(choices, initial=initial, steps=steps)


def _targets(version: PolicyVersion) -> list[StepTarget]:
    return [target for step in version.steps.all() for target in step.targets.all()]


def _value(target: StepTarget) -> str:
    if target.user:
        return f"user:{target.user.public_id}"
    if target.schedule:
        return _of_schedule(target.schedule, target.rank)
    kind = "lead" if target.kind == "TEAM_LEAD" else "team"
    return f"{kind}:{target.team.public_id}" if target.team else ""


def _of_schedule(schedule: Schedule, rank: int) -> str:
    plain = f"schedule:{schedule.public_id}"
    return plain if rank == FIRST_RANK else f"{plain}:{rank}"


def _place(rank: int) -> str:
    if rank == FIRST_RANK:
        return "On call in a schedule"
    if rank == wording.SECONDARY:
        return "The secondary: next in the rotation of a schedule"
    return f"The {wording.ordinal(rank)} in the rotation of a schedule"


def _with(rows: Any, named: Sequence[Any]) -> list[Any]:
    """The rows, and those that are named already though they do not count any more."""
    found = list(rows)
    known = {row.pk for row in found}
    return [*found, *{row.pk: row for row in named if row.pk not in known}.values()]


def _named(user: User) -> str:
    if user.status == UserStatus.ACTIVE:
        return user.name
    return f"{user.name}, {user.get_status_display().lower()}"
