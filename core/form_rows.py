"""Rows of a form that people add, take out and move by buttons, with and without JavaScript.

Such a button sends the whole form with `do`, for example `people:up:2` (prefix of the formset,
verb, row). Nothing is saved then, and nothing that was typed is lost: the page comes back with
unbound forms whose initial values are what was typed.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.forms import BaseFormSet, Form
from django.http import QueryDict

Row = dict[str, Any]
VERBS = ("add", "remove", "up", "down", "more")


@dataclass(frozen=True, slots=True)
class Move:
    """What a button asks for; "more" changes no row, the page only comes back."""

    prefix: str
    verb: str
    index: int


def asked(data: QueryDict) -> Move | None:
    """The button that was pressed, or None when the form is to be saved."""
    parts = data.get("do", "").split(":")
    if len(parts) != 3 or parts[1] not in VERBS or not parts[2].isdecimal():
        return None
    return Move(parts[0], parts[1], int(parts[2][:4]))


def typed(form: Form) -> Row:
    """What stands in the controls of a bound form, valid or not."""
    return {
        name: field.widget.value_from_datadict(form.data, form.files, form.add_prefix(name))
        for name, field in form.fields.items()
    }


def typed_rows(formset: BaseFormSet) -> list[Row]:
    return [typed(form) for form in formset.forms]


def moved(rows: list[Row], move: Move, *, staying: Collection[str] = ()) -> list[Row]:
    """The rows after a move. The fields `staying` keep their place when rows change places.

    A move that is not possible, such as the first row up, changes nothing.
    """
    rows = list(rows)
    if move.verb == "add":
        return [*rows, {}]
    if move.index >= len(rows):
        return rows
    if move.verb == "remove":
        return rows[: move.index] + rows[move.index + 1 :]
    other = move.index + {"up": -1, "down": 1}.get(move.verb, 0)
    if not 0 <= other < len(rows):
        return rows
    rows[move.index], rows[other] = (
        _mixed(rows[other], rows[move.index], staying),
        _mixed(rows[move.index], rows[other], staying),
    )
    return rows


def _mixed(coming: Row, going: Row, staying: Collection[str]) -> Row:
    return coming | {name: going[name] for name in staying if name in going}
