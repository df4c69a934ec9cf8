"""The page: closed to what is in templates, whole without its script, and filtered with it in a real browser."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from html.parser import HTMLParser

import pytest

from dbguard.model import Control, Member, Report, Subject
from dbguard.reporters import Options
from dbguard.reporters._layout import Box, drawings
from dbguard.reporters._relatives import zones
from dbguard.reporters.html import asset

from .sample import CLEAN, ENCRYPTED, EVIL, MEMBERS, RICH
from .test_reporters import CASES, EVERYTHING, rendered

VOID = {"meta", "input", "br", "rect", "path"}


class Page(HTMLParser):
    """The elements of a page; complains of one that is not closed where it was opened."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names)
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

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


LONG = ("mark", "text")  # as many as the length of what is told makes


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_hostile_text_stays_text(text: str) -> None:
    harmless, page = (Page(rendered("html", hostile(one), Options(show=EVERYTHING))) for one in ("plain", text))
    shape = [(tag, sorted(attributes)) for tag, attributes in harmless.found if tag not in LONG]
    assert [(tag, sorted(attributes)) for tag, attributes in page.found if tag not in LONG] == shape
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
    return [drawing.boxes for drawing in drawings(list(members), lambda _: 2, lambda _, inner: inner.zone)]


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


def test_databases_of_other_regions_stand_beside_what_they_belong_to() -> None:
    """As a replica to the right of its source, and as a member inside its container; each in both Regions."""
    page = rendered("html", RICH)
    figures = re.findall(r"<figcaption><b>account 111122223333 (.*?)</b>(.*?)</figure>", page, re.DOTALL)
    drawn = {
        region: re.findall(r'aria-label="(\w+), [^"]*"><title>[^<]*</title><g class="(.*?)"', text)
        for region, text in figures
    }
    assert drawn == {
        "eu-west-1": [
            ("main", "pass"),
            ("far", "pass abroad"),
            ("world", "pass"),
            ("west", "pass"),
            ("east", "pass abroad"),
        ],
        "us-east-1": [("world", "pass abroad"), ("east", "pass")],
        "sa-east-1": [("main", "pass abroad"), ("far", "pass")],
    }


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
    assert "far, RDS DBInstance, in sa-east-1, sa-east-1a, pass" in labels
    assert "east, RDS DBCluster, us-east-1a, in world in eu-west-1, pass" in labels
    assert "replica of lost in us-east-1" in " ".join(labels)
    assert {"Multi-AZ", "critical fail", "OneCluster"} <= set(re.findall(r"<td>(.*?)</td>", rendered("html", RICH)))


def test_many_databases_are_squares_and_the_worst_are_drawn() -> None:
    """The best are folded away, where a keyboard passes them by, and the squares are nothing to tab to."""
    members = tuple(
        MEMBERS[3]._replace(
            id=f"Db{at}", resource=Subject(f"Db{at}", MEMBERS[3].resource.type), sources=(), verdict=verdict
        )
        for at, verdict in enumerate(["pass"] * 60 + ["fail"] * 3)
    )
    text = rendered("html", CLEAN._replace(members=members))
    drawn = text.split('<section id="fleet"')[1].split("<details>")
    assert drawn[0].count("<title>") == 63 + 12
    assert [f"Db{at}</text>" in drawn[0] for at in (60, 61, 62)] == [True] * 3
    assert "51 more, none of them worse" in drawn[1]
    few = rendered("html", CLEAN._replace(members=members[:60]))
    assert "none of them worse" not in few
    assert "mosaic" not in few.split("</style>")[1]


def test_trends_are_bars_and_numbers() -> None:
    text = rendered("html", RICH)
    assert "2 new, 2 still there, 3 gone. What is gone is not told of a run that is incomplete." in text
    bars = re.findall(r'<rect class="(new|known|gone)" x="([0-9.]+)%" y="0" width="([0-9.]+)%"', text)
    assert bars == [
        ("new", "0.00", "33.33"),
        ("new", "0.00", "33.33"),
        ("known", "33.33", "66.67"),
        ("gone", "0.00", "100.00"),
    ]
    assert 'id="trend"' not in rendered("html", CLEAN)


def test_waived_findings_stand_apart_and_count_for_nothing() -> None:
    waived = ENCRYPTED._replace(waiver={"reason": "until the move", "until": "2027-03-01"})
    text = rendered("html", CLEAN._replace(findings=(waived,), waived=1))
    assert "All clear" in text
    assert (
        text.index("None that is not waived")
        < text.index('id="waived"')
        < text.index('<article id="f1" class="waived"')
    )
    assert "until the move (until 2027-03-01)" in text
    assert 'data-verdict="waived"' in text


def test_a_long_chain_is_drawn_in_time_that_grows_with_its_length() -> None:
    names = [f"{number:04}" for number in range(3000)]
    kind = MEMBERS[0].resource.type
    members = [
        MEMBERS[3]._replace(id=name, resource=Subject(name, kind), inside=(), sources=(f"{kind}/{source}",))
        for source, name in zip(names[1:], names, strict=False)
    ]
    start = time.process_time()
    found = list(drawings(members, lambda _: 2, lambda _, inner: inner.zone))
    assert time.process_time() - start < 3
    assert [len(one.arrows) for one in found] == [2998]


def placed(region: str, name: str, kind: str = "DBInstance", zone: str = "", inside: str = "") -> Member:
    """A database of an account, in a Region and an Availability Zone."""
    account, within = "111122223333", (f"AWS::RDS::{inside}",) if inside else ()
    subject = Subject(name, f"AWS::RDS::{kind}", "live", account, region)
    return Member(f"{account}/{region}", name, subject, None, zone, within, (), "pass", "info")


def test_zones_and_regions_are_columns_with_a_name() -> None:
    """The members of a cluster elsewhere stand in it, so one drawing shows all of a global database."""
    members = (
        placed("eu-west-1", "world", "GlobalCluster"),
        placed("eu-west-1", "west", "DBCluster", "eu-west-1a, eu-west-1b, Multi-AZ", "GlobalCluster/world"),
        placed("eu-west-1", "second", zone="eu-west-1b", inside="DBCluster/west"),
        placed("eu-west-1", "first", zone="eu-west-1a", inside="DBCluster/west"),
        placed("us-east-1", "east", "DBCluster", "us-east-1a, us-east-1c", "GlobalCluster/world"),
        placed("us-east-1", "far", zone="us-east-1c", inside="DBCluster/east"),
    )
    figures = re.findall(r"<figcaption>.*?</figure>", rendered("html", CLEAN._replace(members=members)), re.DOTALL)
    lanes = [re.findall(r'class="lane".*?<text[^>]*>(.*?)</text>', figure) for figure in figures]
    assert lanes == [
        ["eu-west-1", "eu-west-1a", "eu-west-1b", "us-east-1", "us-east-1c"],
        ["us-east-1", "us-east-1c"],
    ]
    assert 'aria-label="far, RDS DBInstance, in us-east-1, us-east-1c, pass"' in figures[0]
    assert ">eu-west-1a, b<" in figures[0]


@pytest.mark.parametrize(
    ("zone", "lines"),
    [
        ("", []),
        ("eu-west-1a, eu-west-1b, Multi-AZ", ["eu-west-1a, b", "Multi-AZ"]),
        ("us-gov-east-1a, us-gov-east-1c", ["us-gov-east-1a, c"]),
        ("us-west-2a, us-west-2-lax-1a", ["us-west-2a", "us-west-2-lax-1a"]),
        ("eu-west-1, us-east-1", ["eu-west-1", "us-east-1"]),
        ("a, b", ["a", "b"]),
        (", ".join("abcdefgh"), [*"abcdef", "and 2 more"]),
    ],
)
def test_zones_are_told_with_their_region_once(zone: str, lines: list[str]) -> None:
    assert zones(placed("eu-west-1", "db", zone=zone)) == lines


def test_a_source_elsewhere_is_told_with_its_region() -> None:
    one = placed("eu-west-1", "copy")._replace(
        sources=("arn:aws:rds:ap-southeast-2:1:db:main", "AWS::RDS::DBCluster/x")
    )
    labels = Page(rendered("html", CLEAN._replace(members=(one,)))).values("aria-label")
    assert "copy, RDS DBInstance, replica of main in ap-southeast-2, replica of x elsewhere, pass" in labels


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_what_it_is_on(scheme: int) -> None:
    """By the 4.5 of WCAG AA."""
    css = asset("html.css")
    found = [dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in css.split(":root")[1:3]]
    colours = found[0] | found[scheme]
    kinds = re.findall(r"--tone: var\(--([\w]+)\); --tint: var\(--([\w-]+)\)", css)
    assert len(kinds) >= 9
    pairs = [(text, under) for text in ("ink", "quiet") for _, tint in kinds for under in ("page", "card", tint)]
    pairs += [(tone, under) for tone, tint in kinds for under in (tint, "page", "card")]
    pairs += [("link", under) for under in ("page", "card", "critical-tint", "medium-tint")] + [("ink", "mark")]
    ratios = {(one, other): contrast(colours[one], colours[other]) for one, other in pairs}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}
