"""Text as HTML: everything that comes from outside goes through here."""

from __future__ import annotations

from html import escape

from dbguard.reporters import prose

# The sections of the page, in their order.
TITLES = {
    "gaps": "Not looked at",
    "notices": "Notices",
    "trend": "Since the baseline",
    "fleet": "Fleet",
    "findings": "Findings",
    "waived": "Waived",
    "coverage": "Coverage",
    "services": "Accounts and Regions",
    "controls": "Controls",
    "why": "Why",
}


def opening(name: str, class_: str = "") -> str:
    """The start of a section with its title."""
    looks = f' class="{class_}"' if class_ else ""
    return f'<section id="{name}"{looks} aria-labelledby="{name}-title"><h2 id="{name}-title">{TITLES[name]}</h2>\n'


def safe(text: str) -> str:
    """Text that is text in HTML and in its attributes, and that no browser hides or turns around."""
    return escape(prose(text))


def element(tag: str, text: str, **attributes: str) -> str:
    """An element with text in it."""
    named = "".join(f' {name.rstrip("_")}="{safe(value)}"' for name, value in attributes.items())
    return f"<{tag}{named}>{safe(text)}</{tag}>\n"


def short(resource_type: str) -> str:
    """A resource type without what all of them share."""
    return resource_type.removeprefix("AWS::").replace("::", " ")
