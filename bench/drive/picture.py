"""Pictures as SVG, by hand: bars for the comparison, lines for the curves. The colours follow the reader's light or dark setting; no
background, no script, no font of its own."""

import math
from html import escape

STYLE = """
    text { font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #24292f; }
    .title { font-size: 15px; font-weight: 600; }
    .note, .tick { font-size: 11.5px; fill: #57606a; }
    .value { font-size: 12px; fill: #57606a; }
    .strong { font-weight: 600; fill: #24292f; }
    .grid { stroke: #8c959f; stroke-opacity: .3; stroke-width: 1; }
    .axis { stroke: #8c959f; stroke-width: 1; }
    .c0 { fill: #0969da; stroke: #0969da; } .c1 { fill: #8c959f; stroke: #8c959f; } .c2 { fill: #bc4c00; stroke: #bc4c00; }
    .c3 { fill: #1a7f37; stroke: #1a7f37; } .bar { stroke: none; } .peer { fill: #afb8c1; stroke: none; } .floor { fill: #57606a; stroke: none; }
    .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
    @media (prefers-color-scheme: dark) {
      text, .strong { fill: #e6edf3; }
      .note, .tick, .value { fill: #9198a1; }
      .c0 { fill: #4493f8; stroke: #4493f8; } .c1 { fill: #9198a1; stroke: #9198a1; } .c2 { fill: #f0883e; stroke: #f0883e; }
      .c3 { fill: #3fb950; stroke: #3fb950; } .peer { fill: #484f58; stroke: none; } .floor { fill: #9198a1; stroke: none; }
      .line { fill: none; } .bar { stroke: none; }
    }
"""


def document(width, height, title, body):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
            f'aria-label="{escape(title, quote=True)}">\n  <title>{escape(title)}</title>\n  <style>{STYLE}  </style>\n' + "\n".join(body) + "\n</svg>\n")


def text(x, y, said, kind="", anchor="start"):
    classes = f' class="{kind}"' if kind else ""
    where = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'  <text x="{x:.1f}" y="{y:.1f}"{classes}{where}>{escape(said)}</text>'


# -- bars ------------------------------------------------------------------------------------------------------------------

LEFT, BAR, GAP, PANEL = 232, 15, 6, 250


def comparison(figures):
    rows = [row for row in figures["rows"] if "missing" not in row]
    members = figures["plan"]["members"]
    height = 92 + len(rows) * (BAR + GAP)
    title = "Server CPU for one delivery"
    body = [text(0, 18, f"{title}, microseconds", "title"),
            text(0, 36, f"One room of {members} members, 128-byte events, {figures['machine']['cores']} cores, loopback. Shorter is better.", "note")]
    for panel, (label, heading) in enumerate((("w1", "one event in flight"), ("w32", "32 in flight"))):
        left = LEFT + panel * (PANEL + 62)
        body.append(text(left, 62, heading, "strong"))
        most = max(row[label]["us"]["median"] for row in rows if label in row)
        for i, row in enumerate(rows):
            if label not in row:
                continue
            top = 72 + i * (BAR + GAP)
            value = row[label]["us"]["median"]
            kind = "c0 bar" if row["ours"] else "floor" if row["floor"] else "peer"
            body.append(f'  <rect class="{kind}" x="{left}" y="{top}" width="{max(1.5, value / most * PANEL):.1f}" height="{BAR}" rx="2"/>')
            body.append(text(left + max(1.5, value / most * PANEL) + 6, top + 12, f"{value:.2f}", "value"))
    for i, row in enumerate(rows):
        body.append(text(LEFT - 10, 72 + i * (BAR + GAP) + 12, row["title"], "strong" if row["ours"] else "", "end"))
    return document(LEFT + 2 * PANEL + 62 + 50, height, title, body)


# -- lines -----------------------------------------------------------------------------------------------------------------

WIDTH, HEIGHT, MARGIN = 330, 170, 46


def curves(panels, title, note):
    """Panels of {title, x, y, lines: [{name, points: [(x, y)]}]}, two in a row; x is logarithmic, y begins at 0."""
    body = [text(0, 18, title, "title"), text(0, 36, note, "note")]
    rows = math.ceil(len(panels) / 2)
    for i, panel in enumerate(panels):
        body += chart(panel, MARGIN + (i % 2) * (WIDTH + 2 * MARGIN), 92 + (i // 2) * (HEIGHT + 104))
    return document(2 * WIDTH + 3 * MARGIN + 40, 62 + rows * (HEIGHT + 104), title, body)


def chart(panel, left, top):
    lines = [line for line in panel["lines"] if line["points"]]
    xs = sorted({x for line in lines for x, _ in line["points"]})
    step, most = scale(max(y for line in lines for _, y in line["points"]))
    logarithmic = panel.get("log", True)
    low, high = (math.log(max(x, 1)) if logarithmic else x for x in (xs[0], xs[-1]))

    def place_x(x):
        value = math.log(max(x, 1)) if logarithmic else x
        return left + (value - low) / ((high - low) or 1) * WIDTH

    def place_y(y):
        return top + HEIGHT - y / most * HEIGHT

    made = [text(left - 34, top - 26, panel["title"], "strong")]
    count = round(most / step)
    for i in range(count + 1):
        y = place_y(i * step)
        made.append(f'  <line class="{"axis" if i == 0 else "grid"}" x1="{left}" y1="{y:.1f}" x2="{left + WIDTH}" y2="{y:.1f}"/>')
        made.append(text(left - 7, y + 4, f"{i * step:g}", "tick", "end"))
    shown = -math.inf
    for x in xs:
        if place_x(x) - shown >= 36:
            made.append(text(place_x(x), top + HEIGHT + 17, short(x), "tick", "middle"))
            shown = place_x(x)
    made.append(text(left + WIDTH, top + HEIGHT + 34, panel["x"], "note", "end"))
    made.append(text(left - 34, top - 10, panel["y"], "note"))
    legend = left + WIDTH
    for i, line in reversed(list(enumerate(lines))):
        colour = f"c{i % 4}"
        path = " ".join(f"{place_x(x):.1f},{place_y(y):.1f}" for x, y in line["points"])
        made.append(f'  <polyline class="{colour} line" points="{path}"/>')
        made += [f'  <circle class="{colour} bar" cx="{place_x(x):.1f}" cy="{place_y(y):.1f}" r="3"/>' for x, y in line["points"]]
        if len(lines) > 1:
            legend -= 7 * len(line["name"])
            made.append(text(legend, top - 10, line["name"], "note"))
            made.append(f'  <circle class="{colour} bar" cx="{legend - 8}" cy="{top - 14}" r="4"/>')
            legend -= 24
    return made


def scale(value):
    """A round step and a top that is a multiple of it, three to six steps up."""
    rough = max(value, 1e-9) * 1.08 / 4
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
    return step, math.ceil(value * 1.02 / step) * step


def short(x):
    return f"{x / 1000:g}k" if x >= 1000 else f"{x:g}"
