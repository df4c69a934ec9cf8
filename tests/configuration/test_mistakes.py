"""Mistakes in a configuration: one line each, with file, line and what was probably meant; nothing is scanned."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dbguard.configuration import toml_lines
from dbguard.model import Path
from tests.configuration.conftest import DB, Dbguard
from tests.configuration.test_configuration import Tree

MISTAKES = {
    'slect = ["rds/"]': "1: a configuration has no key 'slect'; did you mean 'select'?",
    'fail_on = "low"': "1: a configuration has no key 'fail_on'; did you mean 'fail-on'?",
    'fail-on = "hihg"': "1: fail-on is one of critical, high, medium, low, info, not 'hihg'; did you mean 'high'?",
    "strict = 1": "1: strict is true or false, not 1",
    "\nselect = [1]": "2: select is a list of texts",
    'select = ["rds/multi-azz"]': "1: there is no policy 'rds/multi-azz'; did you mean 'rds/multi-az'?",
    'select = "rds/"\nall = true': "2: all has no effect beside select, which runs extended policies by name",
    '[severities]\n"rds/multi-az" = "hgh"': "2: severities.rds/multi-az is one of critical, high, medium, low, info, "
    "not 'hgh'; did you mean 'high'?",
    '[severities]\n"rdx/" = "high"': "2: there is no policy 'rdx/'",
    '[settings."rds/multi-az"]\nx = 1': "2: rds/multi-az has no setting 'x'; it has none",
    '[settings."rds/backup-retention-minimum"]\nmin_dayz = 1': "2: rds/backup-retention-minimum has no setting "
    "'min_dayz'; did you mean 'min_days'?",
    '[settings."rds/backup-retention-minimum"]\nmin_days = "7"': "2: min_days of rds/backup-retention-minimum is "
    "a number",
    '[settings."rds/resources-tagged"]\nkey = "(a+)+$"': "2: key of rds/resources-tagged may take for ever: ",
    '[settings."rds/resources-tagged"]\nkey = ".*a.*b.*c"': "2: key of rds/resources-tagged may take for ever: ",
    '[settings."rds/resources-tagged"]\nkey = "a{99999999999}"': "2: key of rds/resources-tagged is no valid pattern: ",
    '[settings."rds/resources-tagged"]\nkey = "("': "2: key of rds/resources-tagged is no valid pattern: ",
    '[settings."rds/"]\nmin_days = 7': "2: there is no policy 'rds/'",
    "settings = 1": "1: settings is a table of settings by policy",
    "[environments.prod]\nstict = true": "2: an environment has no key 'stict'; did you mean 'strict'?",
    "[environments]\nprod = 1": "2: environments.prod is a table",
    "[[per-path]]\nignore = []": "1: an entry of per-path needs the key path",
    '[per-path]\npath = "x"': "1: write per-path as [[per-path]], for there may be several",
    '[[per-path]]\npath = "a"\nextend = "x"': "3: an entry of per-path has no key 'extend'; did you mean",
    '[[waivers]]\npolicy = "rds/"\nreason = 7': "3: waivers.0.reason is a text, not 7",
    '[[waivers]]\nreason = "x"': "1: a waiver needs the key policy",
    '[[waivers]]\npolicy = "rds/"\nuntil = 2027-03-01T10:00:00': "3: waivers.0.until is a day, such as 2027-03-01",
    "[waiving]\nmax-days = 0": "2: waiving.max-days is a number above 0, not 0",
    '[waiving]\nplaces = ["comments"]': "2: waiving.places is a list of comment, metadata, config, not 'comments'; "
    "did you mean 'comment'?",
    "[parameters]\nA = {b = 1}": "2: the value of parameter A is not a text, number, boolean or list",
    "\nselect = @": "2:10: no valid TOML: Invalid value",
    "select = ": "no valid TOML: Invalid value",
    '[waiving]\ndeny = ["rds/multi-azz"]': "2: there is no policy 'rds/multi-azz'; did you mean 'rds/multi-az'?",
    '[waiving]\ndeny = "rds"': "2: there is no policy 'rds'; did you mean 'rds/'?",
    '\n[[per-path]]\npath = "!"\nall = true': "3: path ! in dbguard.toml: no valid pattern: ",
    '[[per-path]]\npath = "[z-a]"\nall = true': "2: path [z-a] in dbguard.toml: no valid pattern: ",
    '[[waivers]]\npolicy = "rds/"\nreason = "x"\npath = "!"': "1: a waiver's path: no valid pattern: ",
    '"a\\n::error::b" = 1': "1: a configuration has no key 'a\\n::error::b'",
    'policies = "nowhere"': "nowhere is no folder of policies",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_one_line(tree: Tree, dbguard: Dbguard, text: str) -> None:
    tree({"t.yaml": DB, "dbguard.toml": text})
    said = dbguard("scan", "t.yaml")
    assert (said.code, said.out) == (2, "")
    first = said.err.splitlines()[0].removeprefix("dbguard.toml:").removeprefix("dbguard:").strip()
    assert first.startswith(MISTAKES[text])


def test_all_mistakes_of_all_files_are_told_at_once(tree: Tree, dbguard: Dbguard) -> None:
    tree(
        {
            "dbguard.toml": 'x = 1\nignore = "rds/nothing"\n',
            "t.yaml": DB,
            "sub/pyproject.toml": '[project]\nname = "x"\n\n[tool.dbguard]\ny = 1\nselect = 7\n',
            "sub/t.yaml": DB,
        }
    )
    said = dbguard("scan", ".")
    assert [line.partition(": ")[0] for line in said.err.splitlines()] == [
        "dbguard.toml:1",
        "sub/pyproject.toml:5",
        "sub/pyproject.toml:6",
        "dbguard",
    ]
    assert said.err.endswith("dbguard: 3 mistakes in the configuration, nothing was scanned\n")


def test_a_broken_pyproject_that_speaks_of_dbguard_is_not_passed_over(tree: Tree, dbguard: Dbguard) -> None:
    tree({"t.yaml": DB, "pyproject.toml": "[tool.dbguard]\nselect = [\n"})
    assert dbguard("scan", "t.yaml").code == 2
    tree({"pyproject.toml": "[project\nname = 'dbguard-user'"})
    assert dbguard("scan", "t.yaml").code == 1


TEXT = """# dbguard
select = ["rds/",  # x = 1
  "a = b", 'c']
"quoted key".inner = 1
long = \"\"\"
fail-on = 'x'
\"\"\"
[settings . "rds/a.b"]  # a comment
min_days = {a = 1}
[[per-path]]
path = 'x'
[per-path.settings.p]
v = 1
[[per-path]]
strict = true"""


def test_lines_of_keys() -> None:
    found = toml_lines.lines(TEXT)
    assert {path: line for path, line in found.items() if len(path) > 1 or line < 6} == {
        ("select",): 2,
        ("quoted key",): 4,
        ("quoted key", "inner"): 4,
        ("long",): 5,
        ("settings", "rds/a.b"): 8,
        ("settings", "rds/a.b", "min_days"): 9,
        ("per-path", 0): 10,
        ("per-path", 0, "path"): 11,
        ("per-path", 0, "settings", "p"): 12,
        ("per-path", 0, "settings", "p", "v"): 13,
        ("per-path", 1): 14,
        ("per-path", 1, "strict"): 15,
    }
    assert toml_lines.line(found, ("settings", "rds/a.b", "min_days", "a")) == 9
    assert toml_lines.line(found, ("absent",)) == 1


STATEMENTS = (
    "a = 1 # [x]",
    'b.c = ["d = 1",\n  # e = 2\n "]"]',
    '"f g" = {h = 1}',
    'i = """\n[j]\nk = 1"""',
    "",
    "# l = 1",
)
TABLES = ("[m]", "[[n]]", '[o."p.q"]', "[[n.r]]", "[ s . t ]")


@given(st.lists(st.tuples(st.sampled_from(("", *TABLES)), st.lists(st.sampled_from(STATEMENTS), unique=True))))
def test_every_key_of_a_valid_file_has_the_line_that_names_it(parts: list[tuple[str, list[str]]]) -> None:
    text = "\n".join(line for table, lines in parts for line in (table, *lines))
    try:
        root = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assume(False)
    found = toml_lines.lines(text)
    written = text.split("\n")
    for path in _leaves(root, ()):
        nearest = next(path[:end] for end in range(len(path), 0, -1) if path[:end] in found)
        assert str(nearest[-1]) in written[found[nearest] - 1]
        assert nearest == path or nearest[-1] == "f g"
        assert toml_lines.line(found, path) == found[nearest]


def _leaves(value: object, path: Path) -> Iterator[Path]:
    """The places of the keys that hold plain values."""
    if isinstance(value, dict):
        for step, inner in value.items():
            yield from _leaves(inner, (*path, step))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for at, inner in enumerate(value):
            yield from _leaves(inner, (*path, at))
    else:
        yield path


def test_a_file_of_another_editor_is_read(tree: Tree, dbguard: Dbguard) -> None:
    tree({"t.yaml": DB, "dbguard.toml": '\ufeffselect = ["rds/multi-az"]\r\nstrikt = 1\r\n'})
    assert dbguard("scan", "t.yaml").err.startswith("dbguard.toml:2: a configuration has no key 'strikt'")


def test_of_very_many_mistakes_some_are_told(tree: Tree, dbguard: Dbguard) -> None:
    tree({"t.yaml": DB, "dbguard.toml": "\n".join(f"[a{number}]\nb = 1" for number in range(20_000))})
    said = dbguard("scan", "t.yaml")
    assert (said.code, said.err.count("\n")) == (2, 51)


@pytest.mark.parametrize("pattern", ["!", "[z-a]", "a\\\\"])
def test_a_pattern_that_is_none_is_a_mistake_in_a_locked_tree_too(tree: Tree, dbguard: Dbguard, pattern: str) -> None:
    tree({"t.yaml": DB, "dbguard.toml": f'[[per-path]]\npath = "{pattern}"\nall = true'})
    said = dbguard("scan", "t.yaml", "--locked")
    assert (said.code, said.out) == (2, "")
    assert "no valid pattern" in said.err


def test_a_byte_order_mark_is_no_mistake(tree: Tree, dbguard: Dbguard) -> None:
    tree({"t.yaml": DB, "dbguard.toml": '\ufefffail-on = "critical"'})
    assert dbguard("scan", "t.yaml", "--select", "rds/multi-az").code == 0
