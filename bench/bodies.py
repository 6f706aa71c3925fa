"""Bodies of 256 MiB, up and down: CPU seconds a gigabyte, and memory."""

import statistics

import calls
import machine
from peers import Countersign, Haproxy, Nginx
from rounds import Rig, interleaved
from section import Section

# Each is long, and steadier than many small ones.
ROUNDS = 3
SIZE = 256 * 1024 * 1024
GOALS = {("GET", False): 0.55, ("PUT", False): 0.75, ("GET", True): 0.75, ("PUT", True): 0.5}


def cpu_a_gigabyte(result):
    """Seconds for 10⁹ bytes."""
    return result["cpu"] / (result["requests"] * SIZE) * 1e9


def large(context):
    """Every direction, one and four at once."""
    section = Section("Bodies of 256 MiB")
    section.say(
        "OSS V4, whose signature covers no body; nginx streams too (`proxy_request_buffering off`, no temporary files). Load and"
        " upstream on one core, the program on the other. Memory: the most resident over what was resident idle."
    )
    rows = []
    layout = list(machine.LAYOUTS)[-1]
    for tls in (False, True):
        with Rig(context.tools) as rig:
            nginx = rig.start(Nginx, tls=tls, streams=True)
            running = {
                "nginx": nginx,
                "countersign": rig.start(Countersign, context.binary, tls=tls),
                "haproxy": rig.start(Haproxy, tls=tls),
                "nginx again": nginx,
            }
            idle = {name: program.memory()["rss"] for name, program in running.items()}
            for method in ("GET", "PUT"):
                for parallel in (1, 4):
                    for program in running.values():
                        program.forget_peak()
                    title = f"{method}, {parallel} at once, upstream {'TLS' if tls else 'plain'}"
                    cell = interleaved(
                        rig,
                        title,
                        running,
                        [calls.large(method, SIZE)],
                        ROUNDS,
                        layout,
                        kind="bodies",
                        parallel=parallel,
                        bytes=SIZE,
                        verify_one_of=1,
                    )
                    for name, program in running.items():
                        grown = program.memory()["peak"] - idle[name]
                        rows.append(row(cell, name, grown))
                        if name == "countersign" and parallel == 4 and method == "PUT":
                            section.goal(
                                f"memory for 4 PUTs of 256 MiB, upstream {'TLS' if tls else 'plain'}",
                                "≤ idle + 4096 KiB",
                                f"{grown} KiB",
                                grown <= 4096,
                            )
                    if parallel == 1:
                        judge(section, cell, method, tls)
    section.table(("conditions", "program", "GB/s", "CPU s/GB", "over nginx's", "memory KiB"), rows)
    return section


def row(cell, name, grown):
    """One row of the table."""
    speed = statistics.median(result["requests"] * SIZE / result["seconds"] / 1e9 for result in cell.rounds[name])
    ratio = "1" if name == "nginx" else cell.ratio(name, "nginx", cpu_a_gigabyte)
    cost = statistics.median(cpu_a_gigabyte(result) for result in cell.rounds[name])
    return cell.title, name, f"{speed:.2f}", f"{cost:.2f}", ratio, grown


def judge(section, cell, method, tls):
    """Against nginx."""
    ratio, limit = cell.ratio("countersign", "nginx", cpu_a_gigabyte), GOALS[method, tls]
    what = f"CPU of a {method} of 256 MiB over nginx's, upstream {'TLS' if tls else 'plain'}"
    section.goal(what, f"≤ {limit}", str(ratio), ratio.median <= limit, cell.is_noisy(cpu_a_gigabyte))
