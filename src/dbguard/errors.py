"""What can go wrong, as a tree.

    DbguardError                 a user's mistake: one line on standard error
    ├── UsageError               wrong options or arguments              exit 2
    ├── PolicyError              a policy file cannot be used            exit 2
    │   └── ConfigError          a configuration file cannot be used     exit 2
    └── DocumentError            a file cannot be read as a template     a gap, exit 3

Anything else that is raised is a bug and shows as a traceback.
"""

from __future__ import annotations


class DbguardError(Exception):
    """The base of every error that a user can mend."""


class UsageError(DbguardError):
    """The command line or the configuration asks for something that does not work."""


class PolicyError(DbguardError):
    """One or more policy files are wrong; `problems` holds one line for each mistake."""

    what = "policy files"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class ConfigError(PolicyError):
    """A configuration file is wrong; `problems` holds one line for each mistake."""

    what = "the configuration"


class DocumentError(DbguardError):
    """A file that cannot be read as a template, with line and column (from 1) where known."""

    def __init__(self, kind: str, detail: str, line: int = 1, column: int = 1) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.line = line
        self.column = column
