"""The figures as one table, for a terminal and (the same cells) for a Markdown page."""

COLUMNS = ["", "W=1 µs", "× floor", "W=32 µs", "× floor", "deliveries/s", "50/s: p50", "p99", "max ms", "KB/conn", "µs/s conn", "handsh./s", "W=1 × us", "W=32 × us"]


def number(summary, digits=2, scale=1.0):
    return "" if not summary else f"{summary['median'] * scale:.{digits}f}"


def cells(row):
    title = row["title"] + (" (!)" if row.get("loaded") else "")
    if "missing" in row:
        return [title, row["missing"]]
    w1, w32, rate, idle = row.get("w1", {}), row.get("w32", {}), row.get("rate", {}), row.get("idle") or {}
    held = "bytes_per_connection" in idle
    return [
        title,
        number(w1.get("us")), number(w1.get("to_floor")),
        number(w32.get("us")), number(w32.get("to_floor")), millions(w32.get("deliveries_per_s")),
        number(rate.get("last_p50_us"), 1, 1e-3), number(rate.get("last_p99_us"), 1, 1e-3), number(rate.get("last_max_us"), 1, 1e-3),
        f"{idle['bytes_per_connection'] / 1024:.1f}" if held else "",
        f"{idle['cpu_us_per_connection_s']:.2f}" if held else "",
        f"{idle['handshakes_per_s']:.0f}" if held else "",
        number(w1.get("to_gateway")), number(w32.get("to_gateway"), 1 if (w32.get("to_gateway") or {}).get("median", 0) >= 10 else 2),
    ]


def millions(summary):
    return "" if not summary else f"{summary['median'] / 1e6:.2f} M"


def text(figures):
    rows = [cells(row) for row in figures["rows"]]
    full = [row for row in rows if len(row) > 2] + [COLUMNS]
    widths = [max(len(row[i]) for row in full) for i in range(len(COLUMNS))]
    widths[0] = max(len(row[0]) for row in rows)
    lines = [line(COLUMNS, widths)]
    lines += [line(row, widths) if len(row) > 2 else f"{row[0]:<{widths[0]}}  {row[1]}" for row in rows]
    lines += publishing(figures) + notes(figures)
    return "\n".join(lines)


def line(row, widths):
    return "  ".join([f"{row[0]:<{widths[0]}}"] + [f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:])])


def markdown(figures):
    """Two narrower tables: the CPU of a delivery; waiting, holding and connecting. And the publishers, where they were measured."""
    parts = [markdown_of(figures, (1, 2, 12, 3, 4, 13, 5)), markdown_of(figures, (6, 7, 8, 9, 10, 11))]
    lines = [f"| {row['title']} | {made['acked_per_s']:,.0f} | {made['cpu_us_per_event']:.1f} | {made['paced_p50_us'] / 1000:.2f} | {made['paced_p99_us'] / 1000:.2f} |"
             for row in figures["rows"] if (made := row.get("publishing")) and "failed" not in made]
    if lines:
        parts.append("\n".join(["| | acked/s | µs an event | ack p50 ms at 2,000/s | p99 ms |", "| --- | ---: | ---: | ---: | ---: |", *lines]))
    return "\n\n".join(parts)


def markdown_of(figures, columns):
    lines = ["| | " + " | ".join(COLUMNS[i] for i in columns) + " |", "| --- |" + " ---: |" * len(columns)]
    for row in figures["rows"]:
        made = cells(row)
        if len(made) == 2:
            lines.append(f"| {made[0]} | {made[1]} |" + " |" * (len(columns) - 1))
        elif any(made[i] for i in columns):
            lines.append(f"| {made[0]} | " + " | ".join(made[i] for i in columns) + " |")
    return "\n".join(lines)


def publishing(figures):
    lines = []
    for row in figures["rows"]:
        made = row.get("publishing")
        if made and "failed" not in made:
            lines.append(f"{row['title']}: 64 publishers, {made['acked_per_s']:,.0f} acked/s ({made['cpu_us_per_event']:.1f} µs each); "
                         f"at 2,000/s p50 {made['paced_p50_us'] / 1000:.2f} ms, p99 {made['paced_p99_us'] / 1000:.2f} ms{' (!)' if made['loaded'] else ''}")
        elif made:
            lines.append(f"{row['title']}: publishing failed: {made['failed']}")
    return [""] + lines if lines else []


def notes(figures):
    plan, machine = figures["plan"], figures["machine"]
    said = ["", f"{plan['members']} members of one room, medians of {plan['rounds']} interleaved rounds; floor: C send for W=1, C writev for W=32.",
            f"{machine['cores']} × {machine['cpu']}, {machine['memory_gib']} GiB, .NET SDK {machine['dotnet']}, Node {machine['node']}, commit {machine['commit']}."]
    loaded = [row["name"] for row in figures["rows"] if row.get("loaded")]
    if loaded:
        said.append(f"(!) others used the machine while these were measured: {', '.join(loaded)}. Their times of waiting mean nothing, their ratios little.")
    return said
