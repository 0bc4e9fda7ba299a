"""Selects that stay fast with hundreds of options, and lists of them.

Django draws every option by a template of its own: 300 people in ten selects take a second.
"""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from core.markup import escaped


class QuickSelect(forms.Select):
    """A select written at once; choices may be grouped."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return _select(self, name, value, attrs)


class SelectList(forms.SelectMultiple):
    """Several values, each in a select of its own, with an empty one at the end for the next.

    Any button that sends the form without saving it gives the next empty select. `item` names
    one of them for screen readers.
    """

    use_fieldset = True

    def __init__(self, *args: Any, item: str = "Choice", **options: Any) -> None:
        super().__init__(*args, **options)
        self.item = item

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        own = dict(attrs or {})
        stem = own.pop("id", f"id_{name}")
        own.pop("required", None)  # the empty one at the end never has to be filled
        selects = [
            (_select(self, name, one, own | self._naming(stem, index)),)
            for index, one in enumerate([*(value or []), ""])
        ]
        return format_html('<div class="select-list">{}</div>', format_html_join("", "{}", selects))

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return [value for value in data.getlist(name) if value]

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return f"{id_}_{index or 0}"

    def _naming(self, stem: str, index: int) -> dict[str, str]:
        return {"id": f"{stem}_{index}", "aria-label": f"{self.item} {index + 1}"}


def _select(widget: forms.Select, name: str, value: Any, attrs: Any) -> SafeString:
    own = flatatt(widget.build_attrs(widget.attrs, {"name": name, **(attrs or {})}))
    chosen = "" if value is None else str(value)
    return format_html("<select{}>{}</select>", own, _options(widget.choices, chosen))


def _options(choices: Iterable[Any], chosen: str) -> SafeString:
    return SafeString("".join(_option(value, label, chosen) for value, label in choices))


def _option(value: Any, label: Any, chosen: str) -> str:
    if isinstance(label, list | tuple):
        return f'<optgroup label="{escaped(value)}">{_options(label, chosen)}</optgroup>'
    mark = " selected" if str(value) == chosen else ""
    return f'<option value="{escaped(value)}"{mark}>{escaped(label)}</option>'
