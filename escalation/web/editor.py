"""The form of a policy: head and steps, checked together, turned into a PolicySpec."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.forms import formset_factory

from accounts.models import Team
from core import form_rows
from core.errors import ProductError
from core.form_rows import Move, Row
from core.web import blame
from core.widgets import SelectList
from escalation.commands import (
    MAX_STEPS,
    MAX_TARGETS,
    MAX_WAIT_MINUTES,
    PolicySpec,
    StepSpec,
)
from escalation.domain.conditions import NO_PRIORITY, PRIORITIES
from escalation.domain.engine import MAX_CYCLES
from escalation.models import PolicyVersion
from escalation.web.choices import Choices, time_value, value_of
from notifications.domain.words import Urgency
from notifications.models import OFFERED, Channel

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
URGENCIES = [(urgency.value, urgency.value.capitalize()) for urgency in Urgency]
# A browser sends no empty value of a box, so "without a priority" needs a word.
NONE = "NONE"
PRIORITY_CHOICES = [(one or NONE, one or "No priority") for one in PRIORITIES]
# Moving a step changes who comes first, not how long anybody has to answer.
STAYING = ("escalate_after_minutes",)
CONDITIONS = ("urgencies", "priorities", "hours")


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
    low_hours = forms.ChoiceField(
        required=False,
        label="Incidents of low urgency",
        help_text="Outside those hours nobody is paged for them: the escalation begins when the "
        "hours do, or at once when somebody raises the urgency.",
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
    urgencies = forms.MultipleChoiceField(
        choices=URGENCIES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Only for the urgency",
    )
    priorities = forms.MultipleChoiceField(
        choices=PRIORITY_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Only for the priority",
    )

    hours = forms.ChoiceField(required=False, label="By support hours")

    def __init__(
        self, *args: Any, choices: Sequence[Any], times: Sequence[Any], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.fields["targets"].choices = choices  # type: ignore[attr-defined]
        self.fields["hours"].choices = times  # type: ignore[attr-defined]

    @property
    def narrowed(self) -> bool:
        """Whether a condition is set, so that it is not folded away."""
        return any(self[name].value() for name in CONDITIONS)

    def clean_priorities(self) -> list[str]:
        return [NO_PRIORITY if one == NONE else one for one in self.cleaned_data["priorities"]]

    def clean_targets(self) -> list[str]:
        chosen = list(dict.fromkeys(self.cleaned_data["targets"]))
        if len(chosen) > MAX_TARGETS:
            raise forms.ValidationError(f"At most {MAX_TARGETS} targets")
        return chosen


StepRows = formset_factory(StepRow, extra=0, max_num=MAX_STEPS, absolute_max=MAX_STEPS * 2)


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
        self.form.fields["low_hours"].choices = choices.patience()  # type: ignore[attr-defined]
        self.steps = StepRows(
            data,
            initial=list(steps),
            prefix=STEPS,
            # A step that was only added counts: it must not vanish without a word.
            form_kwargs={
                "choices": choices.groups(),
                "times": choices.times(),
                "empty_permitted": False,
            },
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
                    urgencies=row["urgencies"],
                    priorities=row["priorities"],
                    hours=self.choices.hours_named(row["hours"]),
                    inside_hours=not row["hours"].startswith("out:"),
                )
                for row in self.steps.cleaned_data
            ],
            initial_delay_minutes=given["initial_delay_minutes"],
            repeat_count=None if repeat == FOREVER else int(repeat),
            fallback_users=[people[value] for value in dict.fromkeys(given["fallback"])],
            low_hours=self.choices.hours_named(given["low_hours"]),
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
        "low_hours": version.low_hours.public_id if version.low_hours else "",
        "expected_version": version.number,
    }
    steps = [
        {
            "targets": [value for value in map(value_of, step.targets.all()) if value],
            "escalate_after_minutes": step.escalate_after_minutes,
            "channels": step.channels,
            "urgencies": step.urgencies,
            "priorities": [one or NONE for one in step.priorities],
            "hours": time_value(step),
        }
        for step in version.steps.all()
    ]
    return PolicyEditor(choices, initial=initial, steps=steps)
