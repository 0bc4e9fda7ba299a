"""Every dependency is declared, has its reason in writing, and is locked without naming a host."""

import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.source_tree import APPS, ROOT, modules, report

REASONS = (ROOT / "docs" / "adr" / "0002-dependencies.md").read_text()
LOCKS = sorted(ROOT.glob("requirements*.lock"))


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(*files: str) -> set[str]:
    lines = [line for file in files for line in Path(ROOT, file).read_text().splitlines()]
    return {normal(found[0]) for line in lines if (found := re.match(r"[A-Za-z][\w.-]*", line))}


def test_the_product_imports_only_declared_dependencies():
    owners = packages_distributions()
    known = declared("requirements.in")
    breaches = []
    for module in modules(*APPS):
        for found in module.imports:
            if found.package in {*sys.stdlib_module_names, *APPS}:
                continue
            if not known & {normal(owner) for owner in owners.get(found.package, [])}:
                place = module.at(found.line)
                breaches.append(f"{place} imports {found.package}: add it to requirements.in")
    report(breaches)


def test_every_dependency_has_its_reason():
    reasons = {normal(name) for name in re.findall(r"^\| ([\w.-]+) \|", REASONS, re.MULTILINE)}
    named = declared("requirements.in", "requirements-dev.in", "requirements-uv.in")
    assert named - reasons == set(), "give the reason in docs/adr/0002-dependencies.md"
    assert reasons - named - {"package", "---"} == set(), "no longer used: remove the line"


def test_locks_hold_hashes_and_name_no_host():
    assert len(LOCKS) == 3
    for lock in LOCKS:
        text = lock.read_text()
        assert "://" not in text
        assert not re.search(r"^--", text, re.MULTILINE)
        pinned = re.findall(r"^\S+==\S+.*$", text, re.MULTILINE)
        assert pinned
        assert all(line.endswith("\\") for line in pinned), "each pin is followed by its hashes"
