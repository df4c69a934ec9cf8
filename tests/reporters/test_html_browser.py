"""The page in a real browser: by keyboard, in the dark, on a phone, on paper, and closed to what templates say."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from dbguard.model import Report
from dbguard.reporters import Options

from .browser import BROWSER, Browser
from .sample import FRAMEWORK, RICH
from .test_html import HOSTILE_TEXTS, hostile
from .test_reporters import EVERYTHING, rendered

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium here")
Open = Callable[..., Browser]
VISIBLE = "[...document.querySelectorAll('article')].filter((one) => !one.hidden)"
FOCUS = "document.activeElement"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Open:
    """Opens a page in a window of some width."""

    def opened(text: str, fragment: str = "", width: int = 1280, scheme: str = "light", media: str = "") -> Browser:
        file = tmp_path / "page.html"
        file.write_text(text, encoding="utf-8")
        browser.size(width, scheme=scheme, media=media)
        browser.open("about:blank")
        browser.open(f"{file.as_uri()}{fragment}")
        return browser

    return opened


def many() -> str:
    """A page with more findings than stand open."""
    return rendered("html", FRAMEWORK._replace(findings=FRAMEWORK.findings * 2), Options(show=EVERYTHING))


@pytest.mark.parametrize(
    ("fragment", "kinds"),
    [
        ("", None),
        ("#severity=critical", ["critical fail rds"]),
        ("#verdict=may-fail", ["medium may-fail rds"]),
        ("#verdict=waived", ["high waived rds"]),
        ("#service=redshift", ["medium fail redshift"]),
        ("#q=storageencrypted+migration&verdict=fail", ["high fail rds"]),
        ("#q=WAREHOUSE&severity=critical", []),
    ],
)
def test_the_filters(page: Open, fragment: str, kinds: list[str] | None) -> None:
    window = page(rendered("html", RICH), fragment)
    every = window.run("document.querySelectorAll('article').length")
    left = window.run(f"{VISIBLE}.map(({{dataset: d}}) => `${{d.severity}} ${{d.verdict}} ${{d.service}}`)")
    assert left == kinds or (kinds is None and len(left) == every)
    assert window.run("document.querySelector('output').textContent") == f"{len(left)} of {every} findings shown"
    homes = window.run("[...document.querySelectorAll('.home')].filter((one) => !one.hidden).length")
    assert bool(homes) == bool(left)


def test_without_its_script_everything_is_there_and_no_control_that_does_nothing(page: Open) -> None:
    """A script that was tampered with does not run."""
    text = rendered("html", RICH).replace('"use strict";', '"use strict"; ')
    window = page(text, "#severity=critical")
    assert window.run(f"{VISIBLE}.length") == window.run("document.querySelectorAll('article').length") > 5
    assert window.run("document.getElementById('filter').hidden") is True


# What templates say


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


def test_nothing_is_fetched_whatever_the_templates_say(page: Open, listener: Listener) -> None:
    address = f"http://127.0.0.1:{listener.server_address[1]}/"
    markup = f"<img src={address}><script>fetch('{address}')</script><link rel=stylesheet href={address}>"
    settle = "new Promise((done) => setTimeout(done, 300))"
    page(f"<html><head></head><body>{markup}</body></html>").run(settle)
    assert listener.asked
    listener.asked = 0
    text = rendered("html", hostile(markup), Options(show=EVERYTHING))
    page(text).run(settle)
    page(text.replace("</main>", f"{markup}</main>")).run(settle)  # the policy in the head holds by itself
    assert not listener.asked


@pytest.mark.parametrize(
    "text",
    [
        "<script>window.ran = 1</script>",
        "</script><script>window.ran = 1</script>",
        '"><img src=x onerror="window.ran = 1">',
        "' onfocus='window.ran = 1' autofocus tabindex='0",
        "</title></svg><svg onload=window.ran=1>",
        "javascript:window.ran=1",
    ],
)
def test_no_name_is_a_script(page: Open, text: str) -> None:
    naked = page(f"<body>{text}<p>").run("new Promise((done) => setTimeout(() => done(window.ran), 100))")
    assert naked or not text.startswith(("<", '"'))
    report = rendered("html", hostile(text), Options(show=EVERYTHING))
    window = page(report)
    window.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    window.run("document.querySelectorAll('a, summary').forEach((one) => { one.focus(); one.click(); })")
    assert window.run("new Promise((done) => setTimeout(() => done(window.ran ?? null), 100))") is None
    assert window.run("document.querySelectorAll('article').length") == 1
    assert text in window.run("document.querySelector('article').textContent")


@pytest.mark.parametrize(
    "text", [*HOSTILE_TEXTS, "a" * 100_000, "\u202egnp.exe\u2066", "\ud800 \x00 \x1b[31m", "表" * 50_000]
)
@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_holds_whatever_names_there_are(page: Open, text: str, width: int) -> None:
    report = rendered("html", hostile(text), Options(show=EVERYTHING))
    assert len(report) < 200_000
    window = page(report, width=width)
    assert window.run("document.documentElement.scrollWidth") <= width
    assert window.run("document.querySelectorAll('article, svg').length") >= 2


# By keyboard


def test_everything_is_reached_by_tab_with_a_focus_to_see(page: Open) -> None:
    window = page(many())
    wanted = window.run(
        "[...document.querySelectorAll('a[href], input, select, button, summary, pre[tabindex]')]"
        ".filter((one) => one.checkVisibility({contentVisibilityProperty: true}))"
        ".map((one, at) => { one.dataset.stop = at; return at; })"
    )
    reached = []
    for _ in range(len(wanted) + 5):
        window.press("Tab")
        stop, style, width = window.run(
            f"(({{dataset, outline}} = {FOCUS}, s = getComputedStyle({FOCUS})) =>"
            " [dataset.stop ?? null, s.outlineStyle, parseFloat(s.outlineWidth)])()"
        )
        if stop is not None:
            reached.append(int(stop))
            assert style != "none"
            assert width >= 2
    assert set(wanted) <= set(reached)
    assert len(wanted) > 30


def test_enter_unfolds_a_finding_and_folds_it(page: Open) -> None:
    window = page(many())
    window.run("document.querySelector('article summary').focus()")
    states = []
    for _ in range(3):
        states.append(window.run("document.querySelector('article details').open"))
        window.press("Enter")
    assert states == [False, True, False]


def test_a_slash_searches_and_escape_clears(page: Open) -> None:
    window = page(many())
    every = window.run(f"{VISIBLE}.length")
    window.press("/")
    assert window.run(f"{FOCUS}.name") == "q"
    window.press(*"warehouse")
    assert window.run(f"[{FOCUS}.value, {VISIBLE}.length]") == ["warehouse", 2]
    window.press("/")
    assert window.run(f"{FOCUS}.value") == "warehouse/"
    window.press("Escape")
    assert window.run(f"new Promise((done) => setTimeout(() => done([{FOCUS}.value, {VISIBLE}.length])))") == [
        "",
        every,
    ]


def test_a_database_leads_to_its_worst_finding(page: Open) -> None:
    window = page(many(), "#severity=info")
    window.run("document.querySelector('#fleet a').focus()")
    window.press("Enter")
    seen = window.run(
        f"new Promise((done) => setTimeout(() => done([{FOCUS}.closest('article').id === location.hash.slice(1),"
        f" {FOCUS}.parentElement.open, {FOCUS}.closest('article').hidden]), 100))"
    )
    assert seen == [True, True, False]


def test_the_button_unfolds_what_is_shown(page: Open) -> None:
    window = page(many(), "#service=redshift")
    opened = "document.querySelectorAll('article details[open]').length"
    window.run("document.getElementById('unfold').focus()")
    window.press("Enter")
    assert window.run(f"[{opened}, document.getElementById('unfold').textContent]") == [2, "Fold"]
    window.press("Enter")
    assert window.run(f"[{opened}, document.getElementById('unfold').textContent]") == [0, "Unfold"]


def test_thousands_of_findings_are_unfolded_and_searched_at_once(page: Open) -> None:
    window = page(rendered("html", RICH._replace(findings=RICH.findings * 500), Options(show=EVERYTHING)))
    after = "await new Promise((done) => setTimeout(done, 100)); await new Promise((done) => setTimeout(done));"
    took = window.run(f"""(async () => {{
      const start = performance.now(), box = document.querySelector("input[name=q]");
      document.getElementById("unfold").click();
      {after}
      box.value = "warehouse";
      box.dispatchEvent(new Event("input", {{bubbles: true}}));
      {after}
      return performance.now() - start;
    }})()""")
    assert window.run(f"{VISIBLE}.length") == 500
    assert took < 3000


def test_what_a_screen_reader_hears_has_names(page: Open) -> None:
    window = page(many())
    nodes = window.call("Accessibility.getFullAXTree")["nodes"]
    told = {"link", "button", "textbox", "searchbox", "combobox", "region", "search", "DisclosureTriangle", "image"}
    found = [one for one in nodes if not one.get("ignored") and one["role"]["value"] in told]
    assert {one["role"]["value"] for one in found} >= {"link", "button", "searchbox", "combobox", "region", "search"}
    assert [one["role"]["value"] for one in found if not one.get("name", {}).get("value")] == []


# In any light, on any paper

CONTRASTS = """
(() => {
  const part = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const numbers = (text) => text.match(/[0-9.]+/g).map(Number);
  const light = (text) => ((c) => 0.2126 * part(c[0]) + 0.7152 * part(c[1]) + 0.0722 * part(c[2]))(numbers(text));
  const behind = (one) => {
    const box = one.closest("g")?.querySelector("rect");
    if (box) return getComputedStyle(box).fill;
    for (; one; one = one.parentElement) {
      const {backgroundColor} = getComputedStyle(one);
      if (numbers(backgroundColor)[3] !== 0) return backgroundColor;
    }
    return "rgb(255, 255, 255)";
  };
  const low = [];
  for (const one of document.querySelectorAll("body *")) {
    if (![...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
    if (one.closest("script, title, option")) continue;
    const style = getComputedStyle(one);
    const two = [light(one.tagName === "text" ? style.fill : style.color), light(behind(one))].sort((a, b) => b - a);
    const ratio = (two[0] + 0.05) / (two[1] + 0.05);
    if (ratio < 4.5) low.push(`${one.tagName} ${one.className.baseVal ?? one.className} ${ratio.toFixed(2)}`);
  }
  return [...new Set(low)];
})()
"""


@pytest.mark.parametrize(("scheme", "media"), [("light", ""), ("dark", ""), ("dark", "print")])
def test_all_text_has_contrast(page: Open, scheme: str, media: str) -> None:
    """4.5 to 1, as WCAG 2.2 asks at level AA: https://www.w3.org/TR/WCAG22/#contrast-minimum"""
    window = page(rendered("html", FRAMEWORK, Options(show=EVERYTHING)), scheme=scheme, media=media)
    window.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    background = window.run("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(246, 247, 249)", "dark": "rgb(18, 22, 29)"}[scheme] or media
    assert window.run(CONTRASTS) == []


@pytest.mark.parametrize("width", [1280, 768, 390, 320])
@pytest.mark.parametrize("report", [RICH, FRAMEWORK], ids=["rich", "framework"])
def test_nothing_is_wider_than_the_window(page: Open, width: int, report: Report) -> None:
    window = page(rendered("html", report, Options(show=EVERYTHING)), width=width)
    window.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert window.run("document.documentElement.scrollWidth") <= width


def test_paper_has_all_findings_in_full_and_no_controls(page: Open) -> None:
    window = page(many(), media="print")
    heights = window.run(f"{VISIBLE}.map((one) => one.querySelector('dl')?.getBoundingClientRect().height ?? 1)")
    assert len(heights) > 20
    assert min(heights) > 0
    assert window.run("getComputedStyle(document.getElementById('filter')).display") == "none"
