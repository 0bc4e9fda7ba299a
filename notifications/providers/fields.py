"""What an account's fields hold: the environment first, then its row, then the default.

Variables name no account, so those of a kind belong to its oldest one alone: two accounts with
the same credentials would be no second way out. No database in here.
"""

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from notifications.providers.base import Field, Kind

NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Value:
    """One field of one account. `variable`: the one that decides it, "" when none does."""

    field: Field
    text: str = dataclasses.field(repr=False)
    variable: str = ""

    @property
    def missing(self) -> bool:
        return self.field.required and not self.text

    @property
    def shown(self) -> str:
        """What a page may say: a secret only whether there is one."""
        return ("(secret)" if self.text else "") if self.field.secret else self.text


def stored(config: str) -> dict[str, str]:
    """The fields of a row; none when it cannot be read: an incomplete account."""
    try:
        found = json.loads(config)
    except ValueError:
        return {}
    return {str(name): str(text) for name, text in found.items()} if isinstance(found, dict) else {}


def oldest_of_each(accounts: Iterable[tuple[str, int]]) -> set[int]:
    """Keys of the accounts to which the environment applies, of (kind, key)."""
    oldest: dict[str, int] = {}
    for kind, key in accounts:
        oldest[kind] = min(key, oldest.get(kind, key))
    return set(oldest.values())


def resolve(kind: Kind, config: Mapping[str, str], environ: Mapping[str, str]) -> list[Value]:
    """All fields of an account in order; `environ` is NONE for all but the oldest of a kind."""
    return [_value(field, config, environ) for field in kind.fields]


def values(kind: Kind, config: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Field name -> text, secrets in clear, as a sender gets them."""
    return {value.field.name: value.text for value in resolve(kind, config, environ)}


def missing(kind: Kind, config: Mapping[str, str], environ: Mapping[str, str]) -> list[str]:
    """Labels of the required fields that nothing gives; with any of them nothing can be sent."""
    return [value.field.label for value in resolve(kind, config, environ) if value.missing]


def exposed(
    kind: Kind,
    before: Mapping[str, str],
    after: Mapping[str, str],
    given: Mapping[str, str],
    environ: Mapping[str, str],
) -> list[Value]:
    """Secrets that would be sent to another place than before, and that nobody typed just now.

    Without this, whoever may change an account could read its secrets by having them sent to a
    server of their own. A way back to the vendor's own address is no risk.
    """
    led = [field.name for field in kind.fields if field.leads]
    old, new = values(kind, before, environ), values(kind, after, environ)
    if not any(new[name] != old[name] and after.get(name) for name in led):
        return []
    found = resolve(kind, after, environ)
    return [one for one in found if one.field.secret and one.text and not given.get(one.field.name)]


def is_given(kind: Kind, environ: Mapping[str, str]) -> bool:
    """Whether the environment alone makes an account of this kind."""
    found = resolve(kind, NONE, environ)
    return any(value.variable for value in found) and not any(value.missing for value in found)


def _value(field: Field, config: Mapping[str, str], environ: Mapping[str, str]) -> Value:
    given = environ.get(field.env, "").strip() if field.env else ""
    if given:
        return Value(field, given, field.env)
    return Value(field, config.get(field.name, "") or field.default)
