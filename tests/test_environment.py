"""env.example names exactly the variables that something reads; Compose has no secrets."""

import ast
import re
from pathlib import Path

from core.config import REGISTRY
from notifications.providers.base import kinds

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTED = set(
    re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", (ROOT / "env.example").read_text(), re.MULTILINE)
)
COMPOSE = (ROOT / "compose.yaml").read_text()
READERS = [ROOT / "opsknight" / "settings.py", ROOT / "opsknight" / "secret_store.py"]
# Between our own processes, never set by an operator.
INTERNAL = {"OPSKNIGHT_PROCESS"}
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]+")


def read_by_code() -> set[str]:
    """Names given as first argument to `env.str("NAME")`, `env.get("NAME")` and the like."""
    names = {variable for option in REGISTRY.values() for variable in option.env}
    names |= {field.env for kind in kinds().values() for field in kind.fields if field.env}
    for path in READERS:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            first = node.args[0]
            if ast.unparse(node.func).startswith("env") and isinstance(first, ast.Constant):
                names.add(str(first.value))
    return {name for name in names if VARIABLE.fullmatch(name)}


def read_by_compose() -> set[str]:
    return set(re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)", COMPOSE))


def test_every_variable_that_is_read_is_documented():
    assert read_by_code() - INTERNAL - DOCUMENTED == set()
    assert read_by_compose() - DOCUMENTED == set()


def test_every_documented_variable_is_read():
    assert DOCUMENTED - read_by_code() - read_by_compose() == set()


def test_compose_sets_only_variables_that_the_product_knows():
    product = COMPOSE.split("services:")[0]
    assignments = set(re.findall(r"^    ([A-Z][A-Z0-9_]+): ", product, re.MULTILINE))
    assert assignments
    assert assignments - read_by_code() == set()


def test_compose_has_no_default_for_a_secret():
    secrets = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|KEY|TOKEN)\w*)([^}]*)\}", COMPOSE)
    assert secrets
    assert [name for name, rest in secrets if not rest.startswith(":?")] == []


def test_compose_publishes_no_database_port():
    database = COMPOSE.split("\n  db:")[1].split("\n  migrate:")[0]
    assert "ports:" not in database
