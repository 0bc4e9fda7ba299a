"""The house rules that a machine can check: who may import whom, and how big a room may grow.

import-linter checks the layers (pyproject.toml); here is what it cannot express. Every breach is
reported as file:line with the rule, so that the message says what to do.
"""

import ast
import statistics
import sys

from tests.source_tree import (
    APPS,
    ROOT,
    WORKSHOP,
    at,
    functions,
    imports,
    length,
    lines,
    report,
    sources,
    tree_of,
)

PUBLIC_ROOMS = {"models", "queries", "commands", "domain"}
# Infrastructure without product nouns: any of its modules may be used from above.
OPEN_APPS = {"core"}
# The project package wires and runs everything, so it also starts the rooms of command level.
WIRING = "opsknight"
COMMAND_ROOMS = {"paging", "ingest", "vendors", "channels", "providers", "runtime", "sender"}
STARTED_BY_WIRING = COMMAND_ROOMS | {"publishing", "web", "api", "tasks", "urls"}

MODULE_MAX, MODULE_MEDIAN = 400, 100
FUNCTION_MAX, FUNCTION_MEDIAN = 60, 10
CLASS_MAX = 250
PAGE_MAX, FRAGMENT_MAX = 150, 60
DRAWERS = {"utils", "util", "helpers", "common", "misc"}


def test_every_app_is_known_to_the_layer_contracts():
    found = {path.parent.name for path in ROOT.glob("*/apps.py")} | {WIRING}
    assert found == set(APPS), "name the app in [tool.importlinter] of pyproject.toml"


def test_domains_know_only_the_standard_library_and_lower_domains():
    allowed = set(sys.stdlib_module_names)
    breaches = []
    for path in (path for path in sources(*APPS) if "domain" in path.relative_to(ROOT).parts):
        for line, name in imports(path, tree_of(path)):
            top, room = (*name.split("."), "")[:2]
            if top not in allowed and not (top in APPS and room == "domain"):
                breaches.append(f"{at(path, line)} domain imports {name}")
    report(breaches)


def test_apps_meet_only_in_models_queries_commands_and_domain():
    breaches = []
    for path in sources(*APPS):
        own = path.relative_to(ROOT).parts[0]
        allowed = PUBLIC_ROOMS | (STARTED_BY_WIRING if own == WIRING else set())
        for line, name in imports(path, tree_of(path)):
            top, room = (*name.split("."), "")[:2]
            if top in APPS and top != own and top not in OPEN_APPS and room not in allowed:
                breaches.append(f"{at(path, line)} imports {name}, a private room of {top}")
    report(breaches)


def test_no_import_hides_in_a_function():
    breaches = []
    for path in sources(*APPS, *WORKSHOP):
        for function in functions(tree_of(path)):
            if path.name == "apps.py" and function.name == "ready":
                continue  # Django's own hook: the registry must be full before models are imported
            for line, name in imports(path, function):
                if name.split(".")[0] in {*APPS, *WORKSHOP}:
                    breaches.append(f"{at(path, line)} {function.name}() imports {name} locally")
    report(breaches)


def test_no_import_is_only_for_the_type_checker():
    breaches = []
    for path in sources(*APPS, *WORKSHOP):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Name | ast.Attribute) and "TYPE_CHECKING" in ast.unparse(node):
                breaches.append(f"{at(path, node.lineno)} uses TYPE_CHECKING: move what is shared")
    report(breaches)


def test_control_flow_uses_no_signals():
    breaches = [
        f"{at(path, line)} imports {name}: write an event row and let a subscriber read it"
        for path in sources(*APPS)
        for line, name in imports(path, tree_of(path))
        if name.startswith("django.dispatch") or ".signals" in name
    ]
    report(breaches)


def test_no_module_is_a_drawer():
    report([at(path, 1) for path in sources(*APPS, *WORKSHOP, "tests") if path.stem in DRAWERS])


def test_every_module_says_what_it_is_for():
    breaches = []
    for path in sources(*APPS, *WORKSHOP, "tests"):
        tree = tree_of(path)
        if tree.body and not ast.get_docstring(tree):
            breaches.append(f"{at(path, 1)} has no docstring")
    report(breaches)


def test_modules_stay_small():
    breaches = [
        f"{at(path, lines(path))} module of {lines(path)} lines (at most {MODULE_MAX})"
        for path in sources(*APPS, *WORKSHOP, "tests")
        if lines(path) > MODULE_MAX
    ]
    report(breaches)


def test_functions_stay_small():
    breaches = [
        f"{at(path, function.lineno)} {function.name}() has {length(function)} lines"
        f" (at most {FUNCTION_MAX})"
        for path in sources(*APPS, *WORKSHOP, "tests")
        for function in functions(tree_of(path))
        if length(function) > FUNCTION_MAX
    ]
    report(breaches)


def test_classes_stay_small():
    breaches = [
        f"{at(path, node.lineno)} class {node.name} has {length(node)} lines (at most {CLASS_MAX})"
        for path in sources(*APPS, *WORKSHOP, "tests")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef) and length(node) > CLASS_MAX
    ]
    report(breaches)


def test_the_usual_module_and_function_are_short():
    paths = [path for path in sources(*APPS) if path.read_text().strip()]
    sizes = [length(function) for path in paths for function in functions(tree_of(path))]
    assert statistics.median(map(lines, paths)) <= MODULE_MEDIAN
    assert statistics.median(sizes) <= FUNCTION_MEDIAN


def test_templates_stay_small():
    breaches = []
    for path in [*ROOT.glob("templates/**/*.html"), *ROOT.glob("*/templates/**/*.html")]:
        limit = FRAGMENT_MAX if path.name.startswith("_") else PAGE_MAX
        if lines(path) > limit:
            breaches.append(f"{at(path, lines(path))} template of {lines(path)} lines (<= {limit})")
    report(breaches)
