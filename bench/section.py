"""A part of the report: text, tables, plots, and what became of the goals."""


class Section:
    """Printed as it grows; written as Markdown in the end."""

    def __init__(self, title):
        self.title = title
        self.lines = [f"## {title}", ""]
        self.plots, self.goals = {}, []
        print(f"\n== {title}", flush=True)

    def say(self, text):
        """A paragraph."""
        self.lines += [text, ""]

    def table(self, heads, rows):
        """A table; its cells are turned into text."""
        text = lambda cells: "| " + " | ".join(str(cell) for cell in cells) + " |"
        table = [text(heads), "|" + "---|" * len(heads), *map(text, rows)]
        print("\n".join(table), flush=True)
        self.lines += [*table, ""]

    def plot(self, name, svg, what):
        """A plot, in a file beside the report."""
        self.plots[name] = svg
        self.lines += [f"![{what}](performance/{name})", ""]

    def goal(self, what, goal, found, is_met, is_noisy=False):
        """A goal and what was found. `is_met`: None where it could not be told."""
        verdict = "not told" if is_met is None else "met" if is_met else "**missed**"
        if is_noisy:
            verdict += ", noisy"
        self.goals.append((what, goal, found, verdict))
        print(f"goal: {what}: {goal}; found {found}: {verdict}", flush=True)

    def markdown(self):
        """The section's text."""
        return "\n".join(self.lines)
