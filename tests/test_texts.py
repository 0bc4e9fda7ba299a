"""Every word of ours in a message is in the catalogues, and said in every language."""

import ast
from collections.abc import Iterator

import pytest

from core import language
from scripts import texts
from tests.source_tree import ROOT

OTHERS = sorted(set(language.NAMES) - {language.ENGLISH})
MAKERS = {"Message", "Action", "News"}
# Arguments that machines read, and names that are the same everywhere.
NOT_SAID = {"kind", "subject_id", "urgency", "state", "language", "url", "data", "style", "path"}
NAMES = {"OpsKnight"}


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_is_said_with_the_same_holes_and_compiled(code: str):
    path = texts.LOCALE / code / "LC_MESSAGES" / "django.po"
    found = texts.problems(texts.read(path), sorted(set(texts.marked())), path)
    assert not found, "run `make texts` and translate:\n" + "\n".join(found)


def test_every_language_of_the_product_has_a_catalogue():
    assert [path.parts[-3] for path in sorted(texts.LOCALE.glob("*/*/*.po"))] == OTHERS


def test_no_message_is_made_of_words_that_nobody_translates():
    plain = [
        f"{path.relative_to(ROOT)}:{line}: “{words}” is not in gettext, mark or Phrase"
        for app in texts.APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        for line, words in untranslated(ast.parse(path.read_text()))
    ]
    assert not plain, "\n".join(plain)


def untranslated(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Words that stand as they are in a call that makes a message."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in MAKERS:
            named = [one.value for one in call.keywords if one.arg not in NOT_SAID]
            first = 2 if call.func.id == "Message" else 0
            for part in [*call.args[first : 2 + first], *named]:
                yield from _words(part)


def _words(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Constant):
        text = node.value if isinstance(node.value, str) else ""
        if text not in NAMES and not text.startswith("http") and any(map(str.isalpha, text)):
            yield node.lineno, text
    elif isinstance(node, ast.Tuple | ast.List | ast.JoinedStr | ast.BinOp | ast.Starred):
        for child in ast.iter_child_nodes(node):
            yield from _words(child)
    elif isinstance(node, ast.IfExp):
        yield from [*_words(node.body), *_words(node.orelse)]
