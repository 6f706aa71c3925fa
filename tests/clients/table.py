"""The tables of clients, made of what the runs saw: a file of `results/` a language, and from all of them a page's table."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import languages

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


@dataclass(frozen=True)
class Table:
    """One page's table, between two comments of that page."""

    page: str
    option: str
    """What a run is told besides its language to make it."""
    suffix: str
    """Behind the language's name, in `results/`."""
    headings: tuple[str, ...]
    rows_of: Callable
    """The cells of a language's rows."""

    def differs(self, name, found):
        """What is wrong with what the repository says of this language's run. None: nothing."""
        file = self.results(name)
        if not file.exists() or json.loads(file.read_text()) != found:
            return f"{file.name} is of another run; make it again with --write, and look at what changes"
        return None if self.rendered() in (ROOT / self.page).read_text() else f"the table of {self.page} is another; make it again with --write"

    def write(self, name, found):
        """Writes down what the run saw, and the page's table anew."""
        self.results(name).parent.mkdir(exist_ok=True)
        self.results(name).write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        page = ROOT / self.page
        begin, end = f"<!-- made by tests/clients/run LANGUAGE{self.option} --write -->", "<!-- end of what it made -->"
        before, rest = page.read_text().split(begin)
        page.write_text(f"{before}{begin}\n{self.rendered()}{end}{rest.split(end, 1)[1]}")

    def results(self, name):
        return HERE / "results" / f"{name}{self.suffix}.json"

    def rendered(self):
        """The table of all languages' last runs."""
        lines = [row(self.headings), "|---" * len(self.headings) + "|"]
        for name in languages.LANGUAGES:
            if self.results(name).exists():
                lines += [row(cells) for cells in self.rows_of(name, json.loads(self.results(name).read_text()))]
        return "\n".join(lines) + "\n"


def row(cells):
    return "| " + " | ".join(cells) + " |"


def rows(name, suites, passed, seen):
    """What a run saw. `passed`: by role, how many checks; `seen`: by role, the schemes of its access lines."""
    return [
        {
            "product": suite.product,
            "sdk": suite.sdk,
            "version": languages.version(name, suite),
            "more": suite.more,
            "schemes": sorted(seen[suite.role]),
            "checks": passed[suite.role],
            "way": suite.way,
        }
        for suite in suites
    ]


def clients(name, found):
    for one in found:
        language = f"{name}: " if one["version"] else ""
        version = f" {one['version']}" if one["version"] else ""
        more = f", {one['more']}" if one["more"] else ""
        sdk = f"{language}`{one['sdk']}`{version}{more}"
        yield one["product"], sdk, ", ".join(one["schemes"]), str(one["checks"]), one["way"]


# Where countersign makes no difference, one word says both.
DAYS_TOLD = ("throttled", "unavailable", "silence", "redirected", "cut")


def days(name, found):
    for sdk, by_day in found.items():
        alone, through = by_day["reset"]
        same = (by_day[day][1].removeprefix("raised ") for day in DAYS_TOLD)
        yield f"{name}: `{sdk}`", *same, alone.removeprefix("raised "), through.removeprefix("raised ")


CLIENTS = Table(
    page="README.md",
    option="",
    suffix="",
    headings=("product", "SDK", "leaves as", "checks", "how it is pointed at the proxy"),
    rows_of=clients,
)
DAYS = Table(
    page="docs/sdks.md",
    option=" --faults",
    suffix="-faults",
    headings=(
        "SDK",
        "throttled",
        "503",
        "no answer in time",
        "redirected without end",
        "an answer that ends early",
        "connection reset, without countersign",
        "connection reset, with it",
    ),
    rows_of=days,
)
