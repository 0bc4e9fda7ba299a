"""Reads our own source code, once, for the tests that check the house rules."""

import ast
import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())
APPS = CONFIG["tool"]["importlinter"]["root_packages"]
WORKSHOP = [name for name in ("scripts", "bench", "drill") if (ROOT / name).is_dir()]

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Import:
    """Something imported, by its absolute dotted name: `from a import b` is `a.b`."""

    line: int
    name: str
    inside: str  # the function around it, "" at the top of a module

    @property
    def package(self) -> str:
        return self.name.split(".")[0]

    @property
    def room(self) -> str:
        return (*self.name.split("."), "")[1]


class Module:
    """One Python file and what the rules ask about it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.parts = path.relative_to(ROOT).with_suffix("").parts
        text = path.read_text()
        self.lines = len(text.splitlines())
        self.only_for_types = "TYPE_CHECKING" in text
        tree = ast.parse(text, str(path))
        self.empty = not tree.body
        self.docstring = ast.get_docstring(tree)
        self.imports: list[Import] = []
        self.functions: list[Function] = []
        self.classes: list[ast.ClassDef] = []
        self._read(tree, "")

    def at(self, line: int) -> str:
        return f"{self.path.relative_to(ROOT)}:{line}"

    def _read(self, node: ast.AST, inside: str) -> None:
        for child in ast.iter_child_nodes(node):
            match child:
                case ast.Import():
                    self._note(child, inside, [alias.name for alias in child.names])
                case ast.ImportFrom():
                    base = self._base(child)
                    self._note(child, inside, [f"{base}.{alias.name}" for alias in child.names])
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self.functions.append(child)
                    self._read(child, child.name)
                case ast.ClassDef():
                    self.classes.append(child)
                    self._read(child, inside)
                case ast.stmt() | ast.ExceptHandler() | ast.match_case():
                    self._read(child, inside)

    def _note(self, node: ast.stmt, inside: str, names: list[str]) -> None:
        self.imports += [Import(node.lineno, name, inside) for name in names]

    def _base(self, node: ast.ImportFrom) -> str:
        above = self.parts[: -node.level] if node.level else ()
        return ".".join([*above, *([node.module] if node.module else [])])


@functools.cache
def module(path: Path) -> Module:
    return Module(path)


def modules(*packages: str) -> list[Module]:
    """Modules of the packages; migrations are written by a machine and do not count."""
    found = (path for package in packages for path in sorted((ROOT / package).rglob("*.py")))
    return [module(path) for path in found if "migrations" not in path.parts]


def length(node: Function | ast.ClassDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def report(breaches: list[str]) -> None:
    """Fails with one line for each breach: file:line and the rule."""
    assert not breaches, "\n" + "\n".join(breaches)
