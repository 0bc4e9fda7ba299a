"""Keep the catalogues of message texts (locale/) in step with the sources.

Usage: python -m scripts.texts [--check]

Reads every text that is marked for people from Python and templates, adds what is new to each
.po, drops what is gone, and writes the .mo files that the product reads. With --check nothing is
written: it says what is missing, and returns 1.
"""

import ast
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from string import Formatter

from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
APPS = (
    "accounts",
    "core",
    "dashboard",
    "escalation",
    "incidents",
    "integrations",
    "notifications",
    "schedules",
    "services",
)
# Templates of messages; pages are English and marked nowhere.
TEMPLATES = ("accounts/mail", "notifications/email")
# gettext, a text for later, a sentence for later, the words of a pure function.
KEYWORDS: dict[str, None] = dict.fromkeys(["_", "mark", "Phrase", "say"])
_CALL = re.compile(r"""\b(?:_|gettext)\(\s*u?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*\)""")
_NAMED = re.compile(r"%\((\w+)\)s")


def main(arguments: list[str]) -> int:
    texts = sorted(set(marked()))
    trouble: list[str] = []
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        before = read(path)
        if "--check" in arguments:
            trouble += problems(before, texts, path)
            continue
        after = in_step(before, texts)
        with path.open("wb") as file:
            write_po(file, after, sort_output=True, width=100, include_lineno=False)
        path.with_suffix(".mo").write_bytes(compiled(after))
        trouble += problems(after, texts, path)
    print("\n".join(trouble) or f"{len(texts)} texts, said in every language")
    return 1 if trouble else 0


def marked() -> Iterator[str]:
    """Every text that is marked, from Python modules and templates of messages."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                with path.open("rb") as file:
                    found = extract("python", file, KEYWORDS)
                    yield from (str(text) for _line, text, _notes, _context in found if text)
    for folder in TEMPLATES:
        for path in sorted((ROOT / "templates" / folder).iterdir()):
            for literal in _CALL.findall(templatize(path.read_text())):
                yield ast.literal_eval(literal)


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3])


def in_step(catalog: Catalog, texts: list[str]) -> Catalog:
    """The catalogue with exactly these texts; new ones have no translation yet."""
    fresh = Catalog(
        locale=catalog.locale,
        project="OpsKnight",
        version="1",
        msgid_bugs_address="-",
        last_translator="-",
        language_team="-",
        fuzzy=False,
        creation_date=datetime(2026, 1, 1, tzinfo=UTC),  # a date would differ in every branch
        revision_date=datetime(2026, 1, 1, tzinfo=UTC),
        header_comment="# Words of messages.",
    )
    for text in texts:
        known = catalog.get(text)
        fresh.add(text, string=known.string if known else "")
    return fresh


def compiled(catalog: Catalog) -> bytes:
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def problems(catalog: Catalog, texts: list[str], path: Path) -> list[str]:
    """What a reader of this language would not get, or get wrong."""
    found = [_wrong(catalog.get(text), text) for text in texts]
    known = {str(message.id) for message in catalog if message.id}
    found += [f"nobody says “{text}” any more" for text in sorted(known - set(texts))]
    if _said(path) != {str(one.id): str(one.string) for one in catalog if one.id and one.string}:
        found.append("the compiled file is another: run make texts")
    return [f"{path.relative_to(ROOT)}: {problem}" for problem in found if problem]


def _said(path: Path) -> dict[str, str]:
    with path.with_suffix(".mo").open("rb") as file:
        return {str(one.id): str(one.string) for one in read_mo(file) if one.id}


def _wrong(message: Message | None, text: str) -> str:
    if message is None or not message.string or message.fuzzy:
        return f"no translation of “{text}”"
    if holes(str(message.string)) != holes(text):
        return f"“{message.string}” leaves other holes than “{text}”"
    return ""


def holes(text: str) -> set[str]:
    """Names that are filled in."""
    named = set(_NAMED.findall(text))
    try:
        return named | {name for _, name, _, _ in Formatter().parse(text) if name}
    except ValueError:
        return named | {"(cannot be filled in)"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
