"""One page for a browser: nothing is fetched, nothing runs but its own script, and without that all is shown.

The text of templates and of AWS is hostile until it is escaped; the policy in the head is the second line of defence.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import groupby

from dbguard.model import PASS, SEVERITIES, VERDICTS, WAIVED, Control, Finding, Gap, Notice, Report
from dbguard.reporters import (
    Options,
    _findings,
    _fleet,
    _trend,
    about,
    count,
    is_brief,
    is_clean,
    place,
    shown,
    summary,
    verdicts,
)
from dbguard.reporters._controls import of_policies
from dbguard.reporters._markup import TITLES, element, opening, safe

WHOLE = True  # the picture of the fleet and the reasons of the policies are part of this format
MANY = 12  # entries of a list that are not folded away
HERE = os.path.dirname(os.path.abspath(__file__))


def render(report: Report, options: Options) -> Iterator[str]:
    """The page: the outcome, what was not looked at, the fleet, the findings, and what was seen."""
    waived = shown(report, options._replace(show=frozenset((WAIVED,))))
    findings = [one for one in shown(report, options) if one.waiver is None]
    css, script = asset("html.css"), asset("html.js")
    pieces = list(_sections(report, findings, waived))
    yield _head(css, script)
    yield "<header><h1>dbguard</h1>\n"
    yield element("p", _outcome(report, len([one for one in findings if not is_brief(one)])), class_=_mood(report))
    yield element("p", summary(report), class_="seen")
    yield _contents(pieces) + "</header>\n<main>\n"
    yield from pieces
    yield f"</main>\n<footer><p>dbguard {safe(report.version)}</p></footer>\n"
    yield f"<script>{script}</script>\n</body>\n</html>\n"


def _sections(report: Report, findings: list[Finding], waived: list[Finding]) -> Iterator[str]:
    yield from _gaps(report)
    yield from _notices(report)
    yield from _numbers(report, [one.severity for one in findings if not is_brief(one)])
    yield from _trend.section(report)
    yield from _fleet.section(report.members, [*findings, *waived])
    yield from _findings.section(findings, waived, _findings.Notes(dict(report.why), of_policies(report)))
    yield from _coverage(report)
    yield from _services(report)
    yield from _controls(report)
    yield from _findings.reasons(report.why)


def asset(name: str) -> str:
    """The style or the script, which stand in files of their own."""
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def _head(css: str, script: str) -> str:
    policy = f"default-src 'none'; style-src '{_digest(css)}'; script-src '{_digest(script)}'; base-uri 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}; form-action \'none\'">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>dbguard report</title>\n<style>{css}</style>\n</head>\n<body>\n"
    )


def _contents(pieces: list[str]) -> str:
    """Links to the sections that there are."""
    there = [name for name in TITLES if any(piece.startswith(f'<section id="{name}"') for piece in pieces)]
    links = "".join(f'<a href="#{name}">{TITLES[name]}</a>' for name in there)
    return f'<nav aria-label="Sections">{links}</nav>\n'


def _digest(text: str) -> str:
    from base64 import b64encode
    from hashlib import sha256

    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _outcome(report: Report, wrong: int) -> str:
    found = f"{count(wrong, 'finding')} that ask for a change" if wrong > 1 else "1 finding that asks for a change"
    if report.gaps:
        return f"Incomplete: {count(len(report.gaps), 'gap')}, where nothing was judged" + (
            f"; {found}" if wrong else ""
        )
    if wrong:
        return found
    if is_clean(report):
        nothing = "Nothing that is judged here changed" if report.left_out else "No databases here"
        return "All clear" if report.coverage.resources else nothing
    return "Nothing of what was asked for"


def _mood(report: Report) -> str:
    return "outcome bad" if report.gaps or not is_clean(report) else "outcome good"


def _gaps(report: Report) -> Iterator[str]:
    if report.gaps:
        yield opening("gaps")
        yield "<p>What is there was not judged, so this report is incomplete.</p>\n"
        yield from _listed(report.gaps)
        yield "</section>\n"


def _notices(report: Report) -> Iterator[str]:
    if report.notices:
        yield opening("notices")
        yield from _listed(report.notices)
        yield "</section>\n"


def _listed(entries: Sequence[Gap | Notice]) -> Iterator[str]:
    """The first of them, and the others folded away."""
    yield "<ul>\n" + "".join(map(_entry, entries[:MANY])) + "</ul>\n"
    if len(entries) > MANY:
        yield f"<details><summary>{len(entries) - MANY} more</summary><ul>\n"
        yield from map(_entry, entries[MANY:])
        yield "</ul></details>\n"


def _entry(entry: Gap | Notice) -> str:
    where = place(entry.location) if entry.location else entry.target
    return f"<li><code>{safe(where)}</code> <b>{safe(about(entry))}</b>: {safe(entry.detail)}</li>\n"


def _numbers(report: Report, severities: list[str]) -> Iterator[str]:
    """The counts of verdicts, and of the severities of what asks for a change."""
    yield '<section class="numbers" aria-label="Numbers">\n<dl>'
    for verdict, number in verdicts(report).items():
        yield f'<div class="{verdict if number else "none"}"><dt>{verdict}</dt><dd>{number}</dd></div>'
    yield f'<div class="none"><dt>waived</dt><dd>{report.waived}</dd></div></dl>\n'
    if severities:
        yield '<dl class="severities">'
        for severity in SEVERITIES:
            number = severities.count(severity)
            yield f'<div class="{severity if number else "none"}"><dt>{severity}</dt><dd>{number}</dd></div>'
        yield "</dl>\n"
    yield "</section>\n"


def _coverage(report: Report) -> Iterator[str]:
    """What was seen, and what was not."""
    seen = report.coverage
    rows = [("files read", seen.read), ("not templates", seen.not_templates), ("unreadable", seen.unreadable)]
    if report.statuses:
        services = [one.status for one in report.statuses if one.service]
        rows = [("accounts", len({one.account for one in report.statuses}))]
        rows += [("Regions", len({one.region for one in report.statuses if one.region}))]
        rows += [("services", len(services)), ("services scanned", services.count("scanned"))]
    rows += [("resources", seen.resources), ("policies run", seen.policies), ("gaps", len(report.gaps))]
    yield opening("coverage", "numbers") + '<dl class="severities">'
    for name, number in rows:
        tone = "bad" if name in ("unreadable", "gaps") and number else "none"
        yield f'<div class="{tone}"><dt>{name}</dt><dd>{number}</dd></div>'
    yield "</dl>\n</section>\n"


def _services(report: Report) -> Iterator[str]:
    """What became of each service of each account and Region."""
    if not report.statuses:
        return
    yield opening("services")
    for (account, region), group in groupby(report.statuses, key=lambda one: (one.account, one.region)):
        yield f"<h3>{safe(f'{account} {region}')}</h3>\n" + '<div class="wide"><table>\n'
        yield "<tr><th>Service</th><th>Status</th><th>Resources</th><th>Detail</th></tr>\n"
        for one in group:
            row = "good" if one.status == "scanned" else "bad"
            cells = (one.service, one.status, str(one.resources), one.detail)
            yield f'<tr class="{row}">' + "".join(element("td", cell) for cell in cells) + "</tr>\n"
        yield "</table></div>\n"
    yield "</section>\n"


def _controls(report: Report) -> Iterator[str]:
    """What became of the controls of each framework, the worst first; what was not evaluated is folded away."""
    if not report.controls:
        return
    yield opening("controls")
    for framework, group in groupby(report.controls, key=lambda one: one.framework):
        rows = list(group)
        done = sorted((one for one in rows if one.verdict), key=lambda one: VERDICTS.index(one.verdict or PASS))
        left = [one for one in rows if not one.verdict]
        yield element("h3", f"{framework}: {len(done)} of {count(len(rows), 'control')} evaluated")
        yield from _outcomes(done)
        if left:
            yield f"<details><summary>{len(left)} not evaluated, or with nothing here to evaluate</summary>"
            yield from _outcomes(left)
            yield "</details>\n"
    yield "</section>\n"


def _outcomes(rows: list[Control]) -> Iterator[str]:
    if rows:
        yield '<div class="wide"><table>\n<tr><th>Control</th><th>Outcome</th><th>Note</th><th>Policies</th></tr>\n'
        yield from map(_control, rows)
        yield "</table></div>\n"


def _control(control: Control) -> str:
    outcome = {"no-resource": "nothing here to evaluate", "not-evaluated": "not evaluated"}.get(control.status)
    outcome = outcome or control.verdict or control.status
    note = f"in part: {control.reason}" if control.strength == "partial" and control.reason else control.reason
    cells = "".join(element("td", cell) for cell in (control.id, outcome, note, ", ".join(control.policies)))
    return f'<tr class="{outcome if outcome in VERDICTS else "none"}">{cells}</tr>\n'
