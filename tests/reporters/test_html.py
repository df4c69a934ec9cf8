"""The page: closed to what is in templates, whole without its script, and filtered with it in a real browser."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from dbguard.model import Control, Member, Report, Subject
from dbguard.reporters import Options
from dbguard.reporters._layout import Box, drawings

from .sample import CLEAN, EVIL, MEMBERS, RICH
from .test_reporters import CASES, EVERYTHING, rendered

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
VOID = {"meta", "input", "br", "rect", "path"}
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no chromium here")


class Page(HTMLParser):
    """The elements of a page; where it is ours, complains of one that is not closed where it was opened."""

    def __init__(self, text: str, *, ours: bool = True) -> None:
        super().__init__(convert_charrefs=True)
        self.ours = ours
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert not (ours and self.open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names)
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert not self.ours or self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, name: str) -> list[str]:
        return [value or "" for _, attributes in self.found for key, value in attributes.items() if key == name]


@pytest.mark.parametrize("case", CASES)
def test_the_page_is_well_formed_and_needs_nothing_else(case: str) -> None:
    page = Page(rendered("html", *CASES[case]))
    ids = page.values("id")
    assert len(set(ids)) == len(ids)
    assert {link.removeprefix("#") for link in page.values("href")} <= set(ids)
    assert not {"link", "img", "iframe", "object", "base", "embed"} & {tag for tag, _ in page.found}
    assert not any(page.values(name) for name in ("src", "style", "action", "onclick", "onload", "xlink:href"))
    assert [tag for tag, _ in page.found].count("script") == 1


def test_the_policy_in_the_head_admits_its_own_style_and_script_alone() -> None:
    text = rendered("html", RICH)
    policy = next(value for value in Page(text).values("content") if "default-src" in value)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        inner = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inner[0].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


HOSTILE_TEXTS = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "--><svg onload=alert(1)>",
    "</title></style><b>",
    "&lt;b&gt;&#x3c;",
]


def hostile(text: str) -> Report:
    """A report that says the same everywhere."""
    subject = Subject(text, text, "template", text, text, text)
    finding = EVIL._replace(
        policy=text, title=text, message=text, fix=text, resource=subject, when={text: text}, reason=text
    )._replace(source_line=text, parameters=(text,), waiver={"reason": text, "until": text})
    member = MEMBERS[-1]._replace(resource=subject, home=text, zone=text, inside=(text,), sources=(text,))
    return RICH._replace(
        version=text,
        findings=(finding,),
        members=(member,),
        why=((text, text),),
        gaps=tuple(gap._replace(target=text, kind=text, detail=text) for gap in RICH.gaps),
        controls=(Control(text, text, text, "partial", (text,), None, text),),
    )


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_hostile_text_stays_text(text: str) -> None:
    harmless, page = (Page(rendered("html", hostile(one), Options(show=EVERYTHING))) for one in ("plain", text))
    shape = [(tag, sorted(attributes)) for tag, attributes in harmless.found if tag != "mark"]
    assert [(tag, sorted(attributes)) for tag, attributes in page.found if tag != "mark"] == shape
    assert page.text.count(text) > 10


def test_gaps_come_first() -> None:
    text = rendered("html", RICH)
    assert "Incomplete: 4 gaps" in text.split("</header>")[0]
    assert text.index('id="gaps"') < text.index('id="fleet"') < text.index('id="findings"')


def test_controls_are_told() -> None:
    controls = (
        Control("fsbp", "RDS.3", "evaluated", "partial", ("rds/storage-encrypted",), "fail", "instances only"),
        Control("fsbp", "RDS.4", "not-evaluated", None, (), None, "no policy"),
    )
    text = rendered("html", RICH._replace(controls=controls))
    assert "fsbp: 1 of 2 controls evaluated" in text
    assert "in part: instances only" in text
    assert "not evaluated" in text


# The picture


def laid(members: tuple[Member, ...]) -> list[list[Box]]:
    return [drawing.boxes for drawing in drawings(list(members), lambda _: 2)]


def inside(one: Box, other: Box) -> bool:
    across = other.x <= one.x and one.x + one.width <= other.x + other.width
    return across and other.y <= one.y and one.y + one.height <= other.y + other.height


def apart(one: Box, other: Box) -> bool:
    beside = one.x + one.width <= other.x or other.x + other.width <= one.x
    return beside or one.y + one.height <= other.y or other.y + other.height <= one.y


def test_members_stand_in_their_cluster_and_replicas_right_of_their_source() -> None:
    groups = laid(tuple(one for one in MEMBERS if one.home == "templates/app.yaml"))
    assert [[box.member.id for box in boxes] for boxes in groups] == [
        ["Db", "Copy"],
        ["OneCluster", "First", "Member"],
    ]
    (source, replica), (cluster, first, second) = groups
    assert replica.x > source.x + source.width
    assert inside(first, cluster)
    assert inside(second, cluster)
    assert apart(first, second)


def chain(*links: str) -> tuple[Member, ...]:
    """Members `a<b` (b a replica of a) or `a>b` (a inside b)."""
    names = sorted({name for link in links for name in re.split("[<>]", link)})
    kind = MEMBERS[0].resource.type
    return tuple(
        MEMBERS[2]._replace(
            id=name,
            resource=Subject(name, kind),
            inside=tuple(f"{kind}/{link[2]}" for link in links if link[:2] == f"{name}>"),
            sources=tuple(f"{kind}/{link[0]}" for link in links if link[1:] == f"<{name}"),
        )
        for name in names
    )


@pytest.mark.parametrize(
    "links",
    [["a<b", "b<c", "a<d"], ["a<b", "b<a"], ["a>b", "b>a"], ["a>a"], ["a<a"], ["a>c", "b>c", "a<b"], ["a>b", "b>c"]],
    ids=",".join,
)
def test_no_boxes_overlap_whatever_names_whatever(links: list[str]) -> None:
    members = chain(*links)
    boxes = laid(members)
    assert sorted(box.member.id for group in boxes for box in group) == [one.id for one in members]
    for group in boxes:
        assert all(apart(a, b) or inside(a, b) or inside(b, a) for a in group for b in group)
    rendered("html", CLEAN._replace(members=members))


def test_the_picture_is_told_in_words() -> None:
    page = Page(rendered("html", RICH))
    labels = page.values("aria-label")
    assert "Copy, RDS DBInstance, eu-west-1b, replica of Db, unknown" in labels
    assert "replica of main in eu-west-1" in " ".join(labels)
    assert "far, RDS DBInstance, in sa-east-1, pass" in labels
    assert "replica of lost elsewhere" in " ".join(labels)
    assert {"Multi-AZ", "critical fail", "OneCluster"} <= set(re.findall(r"<td>(.*?)</td>", rendered("html", RICH)))


# In a browser


class Listener(HTTPServer):
    """Counts what asks it for anything."""

    asked = 0


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Listener)
        self.server.asked += 1
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has in the base class
        return


@pytest.fixture
def listener() -> Iterator[Listener]:
    server = Listener(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def seen(folder: Path, page: str, fragment: str = "", *flags: str) -> Page:
    """The page as the browser has it after its script ran."""
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    assert BROWSER
    fixed = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [
        BROWSER,
        *fixed,
        profile,
        "--virtual-time-budget=2000",
        "--dump-dom",
        *flags,
        f"{file.as_uri()}{fragment}",
    ]
    run = subprocess.run(command, capture_output=True, check=True, timeout=120, encoding="utf-8")
    return Page(run.stdout, ours=False)


def visible(page: Page) -> list[str]:
    return [attributes["id"] or "" for tag, attributes in page.found if tag == "article" and "hidden" not in attributes]


@needs_browser
@pytest.mark.parametrize(
    ("fragment", "kinds"),
    [
        ("", None),
        ("#severity=critical", ["critical fail rds"]),
        ("#verdict=may-fail", ["medium may-fail rds"]),
        ("#service=redshift", ["medium fail redshift"]),
        ("#q=migration+until", ["high fail rds"]),
        ("#q=WAREHOUSE&severity=critical", []),
    ],
)
def test_the_filters(tmp_path: Path, fragment: str, kinds: list[str] | None) -> None:
    page = seen(tmp_path, rendered("html", RICH), fragment)
    every = [attributes for tag, attributes in page.found if tag == "article"]
    left = [
        f"{one['data-severity']} {one['data-verdict']} {one['data-service']}" for one in every if "hidden" not in one
    ]
    assert left == kinds or (kinds is None and len(left) == len(every))
    assert f"{len(left)} of {len(every)} findings shown" in page.text


@needs_browser
def test_without_its_script_everything_is_there_and_no_control_that_does_nothing(tmp_path: Path) -> None:
    """A script that was tampered with does not run."""
    text = rendered("html", RICH).replace('"use strict";', '"use strict"; ')
    page = seen(tmp_path, text, "#severity=critical")
    assert len(visible(page)) == sum(tag == "article" for tag, _ in page.found) > 5
    assert next(attributes for tag, attributes in page.found if tag == "form").keys() >= {"hidden"}


@needs_browser
def test_nothing_is_fetched_whatever_the_templates_say(tmp_path: Path, listener: Listener) -> None:
    address = f"http://127.0.0.1:{listener.server_address[1]}/"
    markup = f"<img src={address}><script>fetch('{address}')</script><link rel=stylesheet href={address}>"
    seen(tmp_path, f"<html><head></head><body>{markup}</body></html>")
    assert listener.asked
    listener.asked = 0
    text = rendered("html", hostile(markup), Options(show=EVERYTHING))
    seen(tmp_path, text)
    assert not listener.asked
    seen(tmp_path, text.replace("</main>", f"{markup}</main>"))  # the policy in the head holds by itself
    assert not listener.asked


def framed(folder: Path, width: int, script: str) -> str:
    """What a script says that looks at the page, as `page`, in a frame of some width."""
    file = folder / "report.html"
    file.write_text(rendered("html", RICH, Options(show=EVERYTHING)), encoding="utf-8")
    frame = f'<iframe width="{width}" height="800" src="report.html"></iframe><p></p>'
    run = (
        f"frame.onload = () => {{ const page = frame.contentDocument; said.textContent = (() => {{ {script} }})(); }};"
    )
    find = "const [frame, said] = document.querySelectorAll('iframe, p');"
    shown = seen(
        folder, f"<html><body>{frame}<script>{find} {run}</script></body></html>", "", "--allow-file-access-from-files"
    )
    return shown.text.replace(f"{find} {run}", "").strip()


@needs_browser
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_window(tmp_path: Path, width: int) -> None:
    assert int(framed(tmp_path, width, "return page.documentElement.scrollWidth;")) <= width


@needs_browser
def test_the_keyboard_searches_and_clears(tmp_path: Path) -> None:
    script = """
        const press = (target, key) => target.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
        const count = () => page.querySelectorAll("article:not([hidden])").length;
        press(page.body, "/");
        const box = page.activeElement, every = count();
        box.value = "warehouse";
        box.dispatchEvent(new Event("input", {bubbles: true}));
        const found = count();
        press(box, "Escape");
        return [box.name, found, box.value === "", every > found].join(" ");
    """
    assert framed(tmp_path, 1280, " ".join(script.split())) == "q 1 true true"
