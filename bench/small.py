"""Small signed requests beside unsigned proxying: CPU a request, requests a second, latency under full load."""

import statistics

import calls
import machine
import plot
from peers import Countersign, Haproxy, Nginx, Sigv4
from rounds import Rig, cpu_us, interleaved, rate
from section import Section

CONNECTIONS = (1, 16, 128, 1000)
SECONDS = 1

# What a signature and a token of 700 bytes add to the head of ACS3, without the name of nginx's padding.
ADDED = 1170

# What must hold in each layout: of the median over 16 and 128 connections, at 1, and of any cell.
PLAIN_GOALS = {"one core": 0.9, "two cores": 1.0}
AT_ONE, ANY_CELL, TLS_GOAL = 1.0, 1.1, 0.9


def programs(rig, context, tls=False, everybody=True):
    """In the order of a round. nginx is there twice: it must agree with itself."""
    nginx = rig.start(Nginx, tls=tls)
    found = {"nginx": nginx, "countersign": rig.start(Countersign, context.binary, tls=tls)}
    if everybody:
        found["countersign, log off"] = rig.start(Countersign, context.binary, tls=tls, access="off")
        found["nginx, a head as long"] = rig.start(Nginx, tls=tls, padding=ADDED)
        found["haproxy"] = rig.start(Haproxy, tls=tls)
        if Sigv4.binary() and not tls:
            found["aws-sigv4-proxy"] = rig.start(Sigv4, Sigv4.binary())
    return found | {"nginx again": nginx}


def rows(cell):
    """The table's rows of one cell."""
    for name in cell.rounds:
        middle = lambda figure: statistics.median(figure(result) for result in cell.rounds[name])
        each = lambda part: middle(lambda result: result[part] / result["requests"] * 1e6)
        ratio = "1" if name == "nginx" else cell.ratio(name, "nginx", cpu_us)
        yield (
            cell.title,
            name,
            f"{middle(rate):,.0f}",
            f"{middle(cpu_us):.1f}",
            f"{each('user'):.1f}",
            f"{each('system'):.1f}",
            ratio,
            f"{middle(lambda result: result['p50']):.0f}",
            f"{middle(lambda result: result['p99']):.0f}",
            max(result["opened"] for result in cell.rounds[name]),
        )


HEADS = (
    "conditions",
    "program",
    "requests/s",
    "CPU µs/request",
    "user",
    "system",
    "CPU over nginx's",
    "p50 µs",
    "p99 µs",
    "opened",
)


def picture(section, name, title, cells):
    """Bars of the ratios."""
    names = [name for name in cells[0].rounds if name not in ("nginx", "nginx again")]
    spread = lambda cell, name: (lambda ratio: (ratio.least, ratio.median, ratio.most))(
        cell.ratio(name, "nginx", cpu_us)
    )
    series = {name: [spread(cell, name) if name in cell.rounds else None for cell in cells] for name in names}
    groups = [cell.title.replace(", ", "\n") for cell in cells]
    section.plot(name, plot.bars(title, "times nginx", groups, series, line=1.0), title)


def noise(section, cells):
    """What nginx was against itself."""
    noisy = [cell.title for cell in cells if cell.is_noisy(cpu_us)]
    worst = max(cell.noise(cpu_us) for cell in cells)
    text = f"nginx against itself was at most {worst:.1%} apart."
    if noisy:
        text += f" **Too noisy to tell** (past 5 %): {'; '.join(noisy)}."
    section.say(text)


def acs3(context, tls):
    """ACS3 at every number of connections."""
    where = "TLS" if tls else "plain"
    section = Section(f"Small requests, upstream {where}")
    section.say(
        "A GET of ACS3 with a security token of 700 bytes; the answer has 1 KiB. Countersign signs and writes an access"
        " line for each; nginx and haproxy sign nothing and write nothing. `nginx, a head as long` sends as many bytes to the"
        f" upstream as countersign does: it adds a header of {ADDED} bytes. Ratios: median of the rounds (least–most)."
        " Opened: the most connections to the upstream in any round, from its first request on."
    )
    cells = {}
    for connections in CONNECTIONS:
        with Rig(context.tools) as rig:
            running = programs(rig, context, tls)
            for layout in machine.LAYOUTS:
                title = f"{layout}, {connections} connections"
                request = [calls.CALLS["ACS3"]]
                cells[layout, connections] = interleaved(
                    rig, title, running, request, context.rounds, layout, connections=connections, seconds=SECONDS
                )
    section.table(HEADS, [row for cell in cells.values() for row in rows(cell)])
    noise(section, cells.values())
    picture(
        section,
        f"small-{where.lower()}.svg",
        f"CPU a signed request over nginx unsigned, upstream {where}",
        list(cells.values()),
    )
    goals(section, cells, tls)
    return section


def goals(section, cells, tls):
    """What became of the goals."""
    ratios = {key: cell.ratio("countersign", "nginx", cpu_us) for key, cell in cells.items()}
    noisy = lambda keys: any(cells[key].is_noisy(cpu_us) for key in keys)
    for layout in machine.LAYOUTS:
        limit = TLS_GOAL if tls else PLAIN_GOALS[layout]
        keys = [(layout, 16), (layout, 128)]
        median = statistics.median(value for key in keys for value in ratios[key].values)
        what = (
            f"CPU a signed request over nginx, upstream {'TLS' if tls else 'plain'}, {layout}, 16 and 128 connections"
        )
        section.goal(what, f"≤ {limit}", f"{median:.2f}", median <= limit, noisy(keys))
        if not tls:
            one = ratios[layout, 1].median
            section.goal(
                f"the same, {layout}, 1 connection", f"≤ {AT_ONE}", f"{one:.2f}", one <= AT_ONE, noisy([(layout, 1)])
            )
    most = {key: max(result["opened"] for result in cell.rounds["countersign"]) for key, cell in cells.items()}
    over = [f"{count} for {key[1]} ({key[0]})" for key, count in most.items() if count > key[1]]
    what = f"upstream connections opened, upstream {'TLS' if tls else 'plain'}"
    section.goal(what, "≤ the concurrency offered", "; ".join(over) or "never more", not over)
    if not tls:
        worst = max(ratios, key=lambda key: ratios[key].median)
        found = f"{ratios[worst].median:.2f} ({worst[0]}, {worst[1]})"
        section.goal("the same, any cell", f"≤ {ANY_CELL}", found, ratios[worst].median <= ANY_CELL, noisy([worst]))


def conditions(tls):
    """Layouts and numbers of connections for the other schemes."""
    layouts = list(machine.LAYOUTS)
    return [(layouts[-1], 16)] if tls else [*((layout, 16) for layout in layouts), (layouts[-1], 1), (layouts[-1], 128)]


def schemes(context):
    """The other schemes, and bodies of 4 KiB."""
    section = Section("Other schemes and small bodies")
    section.say(
        "A form's fields are part of what is signed, so it is held; JSON that the caller hashed goes on as it comes."
    )
    cells = []
    for tls in (False, True):
        with Rig(context.tools) as rig:
            running = programs(rig, context, tls, everybody=False)
            for name, request in calls.CALLS.items():
                if name == "ACS3":
                    continue
                for layout, connections in conditions(tls):
                    title = f"{name}, {layout}, {connections} connections, {'TLS' if tls else 'plain'}"
                    options = {"connections": connections, "seconds": SECONDS}
                    cells.append(interleaved(rig, title, running, [request], context.rounds, layout, **options))
    section.table(HEADS, [row for cell in cells for row in rows(cell)])
    noise(section, cells)
    shown = [cell for cell in cells if cell.title.endswith("two cores, 16 connections, plain")]
    picture(section, "schemes.svg", "CPU a signed request over nginx unsigned, by scheme", shown or cells[:1])
    return section
