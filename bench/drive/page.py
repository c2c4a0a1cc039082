"""Puts recorded figures into docs/performance.md, between the two comments that name their part. The words around them stay."""

from processes import BENCH

PATH = BENCH.parent / "docs" / "performance.md"


def put(part, body):
    start, end = f"<!-- {part} -->", f"<!-- /{part} -->"
    page = PATH.read_text()
    if page.count(start) != 1 or page.count(end) != 1:
        raise RuntimeError(f"docs/performance.md has no place for {part}: {start} and {end}")
    head, rest = page.split(start)
    tail = rest.split(end)[1]
    PATH.write_text(f"{head}{start}\n{body.strip()}\n{end}{tail}")
