"""The README's table of clients, made of what the runs saw: `tests/clients/results/LANGUAGE.json`, one a language."""

import json
from pathlib import Path

import languages

HERE = Path(__file__).resolve().parent
README = HERE.parent.parent / "README.md"
BEGIN, END = "<!-- clients: made by tests/clients/run LANGUAGE --write -->", "<!-- clients: end -->"
HEADINGS = ("product", "SDK", "leaves as", "checks", "how it is pointed at the proxy")


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


def differs(name, found):
    """What is wrong with what the repository says of this language's run. None: nothing."""
    file = results(name)
    said = json.loads(file.read_text()) if file.exists() else []
    if said != found:
        odd = [row["sdk"] for row in found if row not in said] or [row["sdk"] for row in said if row not in found]
        return f"{file.name} is of another run ({', '.join(odd)}); run it with --write and look at what changes"
    return None if rendered() in README.read_text() else "the README's table is another; run it with --write"


def write(name, found):
    """Writes down what the run saw, and the README's table anew."""
    results(name).parent.mkdir(exist_ok=True)
    results(name).write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    text = README.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    README.write_text(f"{before}{BEGIN}\n{rendered()}{END}{after}")


def results(name):
    return HERE / "results" / f"{name}.json"


def rendered():
    """The table of all languages' last runs."""
    lines = ["| " + " | ".join(HEADINGS) + " |", "|---" * len(HEADINGS) + "|"]
    for name in languages.LANGUAGES:
        if results(name).exists():
            lines += [line(name, row) for row in json.loads(results(name).read_text())]
    return "\n".join(lines) + "\n"


def line(name, row):
    version = f" {row['version']}" if row["version"] else ""
    more = f", {row['more']}" if row["more"] else ""
    sdk = f"{name}: `{row['sdk']}`{version}{more}" if row["version"] else f"`{row['sdk']}`{more}"
    return f"| {row['product']} | {sdk} | {', '.join(row['schemes'])} | {row['checks']} | {row['way']} |"
