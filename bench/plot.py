"""Plots as SVG, by hand: bars in groups, and lines over time."""

from html import escape

COLOURS = ["#1f6feb", "#8b949e", "#bf8700", "#1a7f37", "#cf222e"]
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 860, 320, 56, 44, 62


def _frame(title, most, parts, unit):
    """The picture around the parts, with a scale from 0 to `most`."""
    scale = lambda value: TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / most)
    lines = []
    for step in range(5):
        value = most * step / 4
        lines.append(
            f'<line x1="{LEFT}" x2="{WIDTH - 10}" y1="{scale(value):.1f}" y2="{scale(value):.1f}" stroke="#d0d7de"/>'
        )
        lines.append(f'<text x="{LEFT - 6}" y="{scale(value) + 4:.1f}" text-anchor="end">{value:.3g}</text>')
    text = f'<text x="{LEFT}" y="16" font-weight="bold">{escape(title)}</text><text x="6" y="{TOP - 10}">{escape(unit)}</text>'
    style = 'font-family="sans-serif" font-size="11" fill="#24292f"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" {style}>'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{text}{"".join(lines)}{"".join(parts)}</svg>\n'
    )


def _legend(names):
    parts, at = [], LEFT + 60
    for name, colour in zip(names, COLOURS):
        parts.append(f'<rect x="{at}" y="{TOP - 19}" width="10" height="10" fill="{colour}"/>')
        parts.append(f'<text x="{at + 14}" y="{TOP - 10}">{escape(name)}</text>')
        at += 24 + 7 * len(name)
    return parts


def bars(title, unit, groups, series, line=None):
    """Bars with whiskers. `groups`: names below; `series`: by name a list of (least, median, most) or None, one a group."""
    every = [value for values in series.values() for value in values if value]
    most = max(value[2] for value in every) * 1.05
    scale = lambda value: TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / most)
    parts = _legend(series)
    room = (WIDTH - LEFT - 20) / len(groups)
    width = min(22, room * 0.8 / len(series))
    for index, group in enumerate(groups):
        start = LEFT + room * index + (room - width * len(series)) / 2
        for at, (values, colour) in enumerate(zip(series.values(), COLOURS)):
            if not values[index]:
                continue
            least, median, top = values[index]
            left, middle = start + width * at, start + width * (at + 0.45)
            height = scale(0) - scale(median)
            parts.append(
                f'<rect x="{left:.1f}" y="{scale(median):.1f}" width="{width * 0.9:.1f}" height="{height:.1f}" fill="{colour}"/>'
            )
            parts.append(
                f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{scale(least):.1f}" y2="{scale(top):.1f}" stroke="#24292f"/>'
            )
        for row, word in enumerate(group.split("\n")):
            centre = LEFT + room * (index + 0.5)
            parts.append(
                f'<text x="{centre:.1f}" y="{HEIGHT - BOTTOM + 16 + 13 * row}" text-anchor="middle">{escape(word)}</text>'
            )
    if line is not None:
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - 10}" y1="{scale(line):.1f}" y2="{scale(line):.1f}" stroke="#cf222e" stroke-dasharray="5 3"/>'
        )
    return _frame(title, most, parts, unit)


def curves(title, unit, series, step, marks=()):
    """Lines over time. `series`: by name a list of values, one each `step` seconds; `marks`: moments with a line through."""
    most = max(max(values) for values in series.values()) * 1.05
    longest = max(len(values) for values in series.values())
    scale = lambda value: TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / most)
    across = lambda index: LEFT + (WIDTH - LEFT - 20) * index / max(longest - 1, 1)
    parts = _legend(series)
    for (name, values), colour in zip(series.items(), COLOURS):
        points = " ".join(f"{across(index):.1f},{scale(value):.1f}" for index, value in enumerate(values))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}"/>')
    for mark in marks:
        at = across(mark / step)
        parts.append(
            f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{scale(0):.1f}" stroke="#cf222e" stroke-dasharray="5 3"/>'
        )
    for second in range(0, int(longest * step) + 1, 5):
        parts.append(
            f'<text x="{across(second / step):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{second} s</text>'
        )
    return _frame(title, most, parts, unit)
