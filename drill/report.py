"""What a drill did and found, printed as it happens."""

import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Check:
    """One promise: was it kept, and with what figures."""

    promise: str
    kept: bool
    detail: str = ""

    def __str__(self) -> str:
        word = "PASS" if self.kept else "FAIL"
        return f"{word}  {self.promise}" + (f": {self.detail}" if self.detail else "")


@dataclass
class Report:
    """The findings of one drill on one database."""

    drill: str
    database: str
    quiet: bool = False
    checks: list[Check] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        line = f"{time.monotonic() - self.started:7.1f} s  {text}"
        self.lines.append(line)
        if not self.quiet:
            print(line, flush=True)

    def check(self, promise: str, kept: bool, detail: str = "") -> None:
        found = Check(promise, kept, detail)
        self.checks.append(found)
        self.say(str(found))

    @property
    def passed(self) -> bool:
        """Kept everything, and promised something at all."""
        return bool(self.checks) and all(check.kept for check in self.checks)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def table(reports: list[Report]) -> str:
    """A Markdown table of everything that was checked."""
    lines = ["| drill | database | promise | result |", "|---|---|---|---|"]
    for report in reports:
        for check in report.checks:
            word = "kept" if check.kept else "**BROKEN**"
            detail = f"; {check.detail}" if check.detail else ""
            lines.append(
                f"| {report.drill} | {report.database} | {check.promise} | {word}{detail} |"
            )
    return "\n".join(lines)
