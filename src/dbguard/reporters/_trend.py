"""What is new, still there and gone since a baseline, as bars and as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbguard.model import SEVERITIES, Report, Trend
from dbguard.reporters._markup import opening, safe

KINDS = ("new", "known", "gone")
HEAD = '<th class="new">New</th><th class="known">Still there</th><th class="gone">Gone</th></tr>'


def section(report: Report) -> Iterator[str]:
    """The bars of each severity, and the numbers of each policy."""
    if not report.trends:
        return
    total = _sums(report.trends)
    rows = [(one, _sums(it for it in report.trends if it.severity == one)) for one in SEVERITIES]
    longest = max(sum(numbers) for _, numbers in rows)
    yield opening("trend")
    yield f"<p>{total[0]} new, {total[1]} still there, {total[2]} gone."
    yield "" if report.complete else " What is gone is not told of a run that is incomplete."
    yield f'</p>\n<div class="wide"><table>\n<tr><th>Severity</th><th></th>{HEAD}\n'
    for severity, numbers in rows:
        if any(numbers):
            yield _row(f'<td class="{severity}">{severity}</td><td>{_bar(numbers, longest)}</td>', numbers)
    yield "</table></div>\n<details><summary>By policy</summary>"
    yield f'<div class="wide"><table>\n<tr><th>Policy</th><th>Severity</th>{HEAD}\n'
    for one in report.trends:
        start = f"<td><code>{safe(one.policy)}</code></td>" + f'<td class="{safe(one.severity)}">{one.severity}</td>'
        yield _row(start, (one.new, one.known, one.gone))
    yield "</table></div></details>\n</section>\n"


def _sums(trends: Iterable[Trend]) -> tuple[int, int, int]:
    rows = [(one.new, one.known, one.gone) for one in trends]
    return sum(row[0] for row in rows), sum(row[1] for row in rows), sum(row[2] for row in rows)


def _row(start: str, numbers: tuple[int, int, int]) -> str:
    cells = "".join(f'<td class="{kind}">{number}</td>' for kind, number in zip(KINDS, numbers, strict=True))
    return f"<tr>{start}{cells}</tr>\n"


def _bar(numbers: tuple[int, int, int], longest: int) -> str:
    """One bar of three parts; the numbers stand beside it, so nobody is told of it."""
    parts, at = "", 0.0
    for kind, number in zip(KINDS, numbers, strict=True):
        width = 100 * number / longest
        parts += f'<rect class="{kind}" x="{at:.2f}%" y="0" width="{width:.2f}%" height="14"/>' if number else ""
        at += width
    return f'<svg class="bar" width="100%" height="14" aria-hidden="true">{parts}</svg>'
