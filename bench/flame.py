"""A flame graph: stacks sampled by perf, folded, and drawn as SVG."""

import re
import subprocess
from collections import Counter
from html import escape

WIDTH, ROW, TOP, LEAST = 1200, 16, 30, 0.0015
COLOURS = {"kernel": "#bf8700", "hashing": "#cf222e", "ours": "#1f6feb", "other": "#8b949e"}


def sampled(pid, seconds, path):
    """Stacks of a process, outermost function first, with how often each was seen."""
    record = ["perf", "record", "-q", "-g", "-e", "cpu-clock", "-F", "4000", "-o", path, "-p", str(pid)]
    quiet = {"stderr": subprocess.DEVNULL, "check": False}
    subprocess.run([*map(str, record), "--", "sleep", str(seconds)], **quiet)
    script = subprocess.run(["perf", "script", "-F", "ip,sym,dso", "-i", str(path)], capture_output=True, text=True, check=False)
    stacks, stack = Counter(), []
    for line in [*script.stdout.splitlines(), ""]:
        found = re.match(r"\s*[0-9a-f]+ (.*) \((.*)\)$", line)
        if found:
            is_kernel = found.group(2).startswith("[") and "vdso" not in found.group(2)
            stack.append((tidy(found.group(1)), is_kernel))
        elif stack:
            stacks[tuple(reversed(stack))] += 1
            stack = []
    return stacks


def tidy(name):
    """A function's name without what distinguishes its copies."""
    name = re.sub(r"\+0x[0-9a-f]+$|::h[0-9a-f]{16}", "", name)
    name = re.sub(r"<impl ([\w:]+)>", r"\1", name)
    return name.replace("::{{closure}}", "").replace("countersign::", "")


def kind(name, is_kernel):
    """By what a box is coloured."""
    if is_kernel:
        return "kernel"
    if re.search(r"sha[12]|compress", name):
        return "hashing"
    first = re.match(r"[<&]*(\w+)::", name)
    rooms = ("accept", "classify", "endpoint", "policy", "credential", "sign", "upstream", "wire", "pipeline", "telemetry")
    others = ("buffers", "deadline", "clock", "names")
    return "ours" if first and first.group(1) in rooms + others else "other"


def graph(title, stacks):
    """The picture, the outermost functions at the top."""
    total = sum(stacks.values())
    boxes, deepest = [], 0
    level = [(0.0, sorted(stacks.items()), 0)]
    while level:
        start, group, depth = level.pop()
        at = start
        children = {}
        for stack, count in group:
            if len(stack) > depth:
                children.setdefault(stack[depth], []).append((stack, count))
        for frame, inside in sorted(children.items()):
            share = sum(count for _, count in inside) / total
            if share >= LEAST:
                boxes.append((at, share, depth, frame))
                deepest = max(deepest, depth)
                level.append((at, inside, depth + 1))
            at += share
    return drawn(title, boxes, deepest)


def drawn(title, boxes, deepest):
    """The boxes as SVG."""
    height = TOP + (deepest + 1) * ROW + 10
    parts = []
    for at, share, depth, (name, is_kernel) in boxes:
        left, width, top = 10 + at * (WIDTH - 20), share * (WIDTH - 20), TOP + depth * ROW
        letters = int(width / 6.2)
        text = name if len(name) <= letters else name[: letters - 1] + "…" if letters > 3 else ""
        parts.append(
            f'<g><title>{escape(name)}: {share:.1%}</title><rect x="{left:.1f}" y="{top}" width="{max(width - 0.5, 0.3):.1f}"'
            f' height="{ROW - 1}" fill="{COLOURS[kind(name, is_kernel)]}" fill-opacity="0.75"/>'
            f'<text x="{left + 3:.1f}" y="{top + 11}">{escape(text)}</text></g>'
        )
    legend, at = "", WIDTH - 330
    for name, colour in COLOURS.items():
        legend += f'<rect x="{at}" y="8" width="10" height="10" fill="{colour}"/><text x="{at + 14}" y="17">{name}</text>'
        at += 80
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        ' font-family="sans-serif" font-size="11" fill="#24292f"><rect width="100%" height="100%" fill="#ffffff"/>'
        f'<text x="10" y="17" font-weight="bold">{escape(title)}</text>{legend}{"".join(parts)}</svg>\n'
    )
