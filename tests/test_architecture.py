"""The house rules that a machine can check: who may import whom, and how big a room may grow.

import-linter checks the layers (pyproject.toml); here is what it cannot express. Every breach is
reported as file:line with the rule, so that the message says what to do.
"""

import statistics
import sys

from tests.source_tree import APPS, ROOT, WORKSHOP, Module, length, modules, report

PUBLIC_ROOMS = {"models", "queries", "commands", "domain"}
# Infrastructure without product nouns: any of its modules may be used from above.
OPEN_APPS = {"core"}
# The project package wires and runs everything, so it also starts the rooms of command level.
WIRING = "opsknight"
COMMAND_ROOMS = {"paging", "ingest", "vendors", "channels", "providers", "runtime", "sender"}
STARTED_BY_WIRING = PUBLIC_ROOMS | COMMAND_ROOMS | {"publishing", "web", "api", "tasks", "urls"}

MODULE_MAX, MODULE_MEDIAN = 400, 100
FUNCTION_MAX, FUNCTION_MEDIAN = 60, 10
CLASS_MAX = 250
PAGE_MAX, FRAGMENT_MAX = 150, 60
DRAWERS = {"utils", "util", "helpers", "common", "misc"}

QUEUE_WATCH = ("opsknight", "runtime", "queue")


def product() -> list[Module]:
    return modules(*APPS)


def everything() -> list[Module]:
    return modules(*APPS, *WORKSHOP, "tests")


def test_every_app_is_known_to_the_layer_contracts():
    found = {path.parent.name for path in ROOT.glob("*/apps.py")} | {WIRING}
    assert found == set(APPS), "name the app in [tool.importlinter] of pyproject.toml"


def test_domains_know_only_the_standard_library_and_lower_domains():
    report(
        [
            f"{module.at(found.line)} domain imports {found.name}"
            for module in product()
            if "domain" in module.parts
            for found in module.imports
            if found.package not in sys.stdlib_module_names
            and not (found.package in APPS and found.room == "domain")
        ]
    )


def test_apps_meet_only_in_models_queries_commands_and_domain():
    breaches = []
    for module in product():
        own = module.parts[0]
        allowed = STARTED_BY_WIRING if own == WIRING else PUBLIC_ROOMS
        for found in module.imports:
            foreign = found.package in APPS and found.package not in {own, *OPEN_APPS}
            if foreign and found.room not in allowed:
                breaches.append(
                    f"{module.at(found.line)} imports {found.name}, a private room of another app"
                )
    report(breaches)


def test_no_import_hides_in_a_function():
    report(
        [
            f"{module.at(found.line)} {found.inside}() imports {found.name} locally"
            for module in modules(*APPS, *WORKSHOP)
            for found in module.imports
            if found.inside
            and found.package in {*APPS, *WORKSHOP}
            # Django's own hook: the registry must be full before models are imported.
            and not (module.path.name == "apps.py" and found.inside == "ready")
        ]
    )


def test_no_import_is_only_for_the_type_checker():
    report(
        [
            f"{module.at(1)} uses TYPE_CHECKING: move what both need to a lower room"
            for module in modules(*APPS, *WORKSHOP)
            if module.only_for_types
        ]
    )


def test_control_flow_uses_no_signals():
    report(
        [
            f"{module.at(found.line)} imports {found.name}: write an event row for a subscriber"
            for module in product()
            for found in module.imports
            if (found.name.startswith("django.dispatch") or ".signals" in found.name)
            # The queue tells of its workers' progress in no other way; no product step hangs on it.
            and not (module.parts == QUEUE_WATCH and found.package == "django_q")
        ]
    )


def test_no_module_is_a_drawer():
    report([module.at(1) for module in everything() if module.path.stem in DRAWERS])


def test_every_module_says_what_it_is_for():
    silent = [module for module in everything() if not (module.empty or module.docstring)]
    report([f"{module.at(1)} has no docstring" for module in silent])


def test_modules_stay_small():
    report(
        [
            f"{module.at(module.lines)} module of {module.lines} lines (at most {MODULE_MAX})"
            for module in everything()
            if module.lines > MODULE_MAX
        ]
    )


def test_functions_stay_small():
    report(
        [
            f"{module.at(node.lineno)} {node.name}() of {length(node)} lines (<= {FUNCTION_MAX})"
            for module in everything()
            for node in module.functions
            if length(node) > FUNCTION_MAX
        ]
    )


def test_classes_stay_small():
    report(
        [
            f"{module.at(node.lineno)} class {node.name} of {length(node)} lines (<= {CLASS_MAX})"
            for module in everything()
            for node in module.classes
            if length(node) > CLASS_MAX
        ]
    )


def test_the_usual_module_and_function_are_short():
    sizes = [length(node) for module in product() for node in module.functions]
    assert statistics.median(sizes) <= FUNCTION_MEDIAN
    assert statistics.median(each.lines for each in product() if not each.empty) <= MODULE_MEDIAN


def test_templates_stay_small():
    breaches = []
    for path in [*ROOT.glob("templates/**/*.html"), *ROOT.glob("*/templates/**/*.html")]:
        lines = len(path.read_text().splitlines())
        limit = FRAGMENT_MAX if path.name.startswith("_") else PAGE_MAX
        if lines > limit:
            breaches.append(f"{path.relative_to(ROOT)}:{lines} has more than {limit} lines")
    report(breaches)
