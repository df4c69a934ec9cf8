"""What the help of each command says beside its options: what it does, examples that run, exit codes, environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Page(NamedTuple):
    """The words of one command's help."""

    about: str
    examples: Mapping[str, str] = {}  # by the command line: what it is for
    exits: Mapping[int, str] = {}
    environment: Mapping[str, str] = {}


WRONG = {2: "wrong usage, configuration or policy: nothing was done"}
JUDGED = {
    0: "clean: everything was looked at, and nothing fails",
    1: "findings at or above --fail-on",
    2: "wrong usage, configuration or policy, or a report that cannot be written",
    3: "incomplete: something could not be looked at, and is listed; 3 wins over 1",
}
COLORS = {
    "NO_COLOR": "no colours, where it is set to anything",
    "FORCE_COLOR": "colours, even where the output is no terminal; NO_COLOR wins",
    "COLUMNS": "how wide help and text reports are",
    "TERM": "dumb means no colours, and no progress",
    "CI": "no progress, where it is set",
}
CACHE = {"XDG_CACHE_HOME": "where compiled policies of your own are kept (default: ~/.cache)"}
AWS = {
    "AWS_PROFILE": "the profile to use, without --profile",
    "AWS_REGION": "the Region, without --region; else AWS_DEFAULT_REGION, else that of the profile",
    "AWS_ACCESS_KEY_ID": "credentials, with AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN",
    "AWS_CONFIG_FILE": "the AWS configuration (default: ~/.aws/config)",
    "AWS_CA_BUNDLE": "certificates to trust, behind a proxy",
}
STATE = {"XDG_STATE_HOME": "where a scan is kept until it is done (default: ~/.local/state)"}

PAGES = {
    "dbguard": Page(
        "A linter for AWS databases: says which resource violates which best practice, where, and in which scenario of "
        "the template's parameters. Templates and live accounts are judged by the same policies.",
        {
            "dbguard scan template.yaml": "the first step: judge a template, or a folder of them",
            "dbguard explain rds/multi-az": "why a policy asks for what it asks for, and how to comply",
            "dbguard help scan": "the options of a command, with examples",
        },
        JUDGED | {130: "interrupted by Ctrl-C (dbguard live keeps what it has read, and exits 3)"},
        COLORS,
    ),
    "dbguard scan": Page(
        "Judge CloudFormation templates: files, folders (recursively, honouring .gitignore, passing over what is no "
        "template), or - for standard input. No connection is opened, and nothing of the scanned tree is run.",
        {
            "dbguard scan template.yaml": "one template",
            "dbguard scan templates/ --parameter Environment=prod": "a folder, judged as production deploys it",
            "dbguard scan templates/ --select rds/,aurora/ --severity high": "the worst of two services",
            "dbguard scan templates/ --format sarif=dbguard.sarif --format text": "reports for a pipeline and for you",
        },
        JUDGED,
        COLORS | CACHE,
    ),
    "dbguard live": Page(
        "Judge what runs in AWS accounts, by read-only calls that never touch data; by default in the account and "
        "Region of the environment. What AWS refuses is listed, and what rests on it is unknown.",
        {
            "dbguard live --region eu-west-1": "the account of the environment's credentials",
            "dbguard live --profile audit --all-regions": "another account, wherever it has databases",
            "dbguard live --print-iam-policy --service rds": "the permissions that are needed",
            "dbguard live --mock template.yaml": "without AWS: a mocked account made from a template",
        },
        JUDGED,
        AWS | COLORS | CACHE | STATE,
    ),
    "dbguard drift": Page(
        "Say where a template and its stack's resources in the account differ in what policies look at: what was "
        "changed by hand, and what the next deployment would undo.",
        {
            "dbguard drift shop.yaml --stack shop": "a stack in the environment's own account and Region",
            "dbguard drift shop.yaml --stack shop --select rds/ --format json": "for a program",
        },
        {
            0: "no policy's verdict has drifted",
            1: "drift at or above --fail-on",
            2: JUDGED[2],
            3: "incomplete: something could not be read or compared",
        },
        AWS | CACHE,
    ),
    "dbguard explain": Page(
        "Show a policy's page: what it asks for and why, how to comply, what is exempt, what proves it, and the ids of "
        "the same check in other tools.",
        {
            "dbguard explain rds/multi-az": "one policy",
            "dbguard explain house/port --policies mine": "one of your own",
        },
        {0: "shown", 2: "there is no such policy"},
        CACHE,
    ),
    "dbguard policies": Page(
        "List the policies, name them for the checks of other tools, or test them on their own examples.",
        {
            "dbguard policies list --select dynamodb/": "what is asked of DynamoDB",
            "dbguard policies map --from checkov CKV_AWS_17": "the policy for another tool's check",
            "dbguard policies test --policies mine house/": "policies of your own, judged on their examples",
        },
        WRONG | {0: "done", 1: "an example misses, or a check has no policy"},
        CACHE,
    ),
    "dbguard policies list": Page(
        "List policies: id, severity and what is right; without options all of them, extended ones included.",
        {
            "dbguard policies list --severity high": "those that matter most",
            "dbguard policies list --framework cis --format json": "those of a framework, as data",
            "dbguard policies list --format ids --select rds/": "the ids alone",
        },
        WRONG | {0: "listed"},
        CACHE,
    ),
    "dbguard policies map": Page(
        "Name the policies that state what the checks of another tool do; without ids, for all of its checks that "
        "there are policies for.",
        {
            "dbguard policies map --from checkov CKV_AWS_17 CKV_AWS_16": "two checks of checkov",
            "dbguard policies map --from security-hub --format json": "every control of Security Hub",
        },
        WRONG | {0: "every id has a policy", 1: "some have none"},
        CACHE,
    ),
    "dbguard policies test": Page(
        "Check policy files and judge their examples: each must get the verdict that it states.",
        {
            "dbguard policies test rds/multi-az": "one policy",
            "dbguard policies test --policies mine house/": "policies of your own",
        },
        WRONG | {0: "all examples get their verdicts", 1: "some do not"},
        CACHE,
    ),
    "dbguard waivers": Page(
        "Read the suppressions of other tools as waivers. A waiver itself is written beside the resource: "
        "# dbguard: ignore[rds/multi-az] until=2027-03-01 -- reason",
        {"dbguard waivers import --from checkov templates/": "what checkov is told to skip"},
        WRONG | {0: "every suppression has a policy", 1: "some have none", 3: "a file could not be read"},
        CACHE,
    ),
    "dbguard waivers import": Page(
        "Print the waivers that say what another tool's suppressions in templates say; no file is changed.",
        {
            "dbguard waivers import --from checkov templates/": "comments to copy into the templates",
            "dbguard waivers import --from cfn_nag template.yaml --format json": "for a program",
        },
        WRONG | {0: "every suppression has a policy", 1: "some have none", 3: "a file could not be read"},
        CACHE,
    ),
    "dbguard baseline": Page(
        "List what a baseline holds: findings that were there when it was written, and count as waived. scan and live "
        "write, use and prune one with --write-baseline, --baseline and --prune-baseline.",
        {
            "dbguard scan templates/ --write-baseline baseline.json": "accept what is there today",
            "dbguard scan templates/ --baseline baseline.json": "see only what is new",
            "dbguard baseline list baseline.json": "what was accepted",
        },
        WRONG | {0: "listed"},
    ),
    "dbguard baseline list": Page(
        "List the findings in a baseline, one a line.",
        {"dbguard baseline list baseline.json": "what was accepted"},
        WRONG | {0: "listed"},
    ),
    "dbguard config": Page(
        "Show what is configured, and where that is said: in the dbguard.toml or pyproject.toml nearest to a template, "
        "in what that extends, or on the command line.",
        {
            "dbguard config show": "what holds here",
            "dbguard config schema > dbguard.schema.json": "completion and checks for your editor",
        },
        WRONG | {0: "shown"},
        CACHE,
    ),
    "dbguard config show": Page(
        "Show what holds for a template or a folder, as a configuration file would say it, and where each value comes "
        "from.",
        {
            "dbguard config show template.yaml": "for one template",
            "dbguard config show templates/ --severity high --format json": "with options on top, as data",
        },
        WRONG | {0: "shown"},
        CACHE,
    ),
    "dbguard config schema": Page(
        "Print the JSON Schema of dbguard.toml, for editors: all keys, and the policies with their settings.",
        {"dbguard config schema > dbguard.schema.json": "name it in your editor's settings"},
        WRONG | {0: "printed"},
        CACHE,
    ),
    "dbguard completion": Page(
        "Print a script that completes commands, options, policies, formats and files at the Tab key. It knows the "
        "options of this version: print it anew after an upgrade, or at each start of the shell.",
        {
            "dbguard completion bash > dbguard.bash": "bash: source the file in ~/.bashrc",
            "dbguard completion zsh > _dbguard": "zsh: put the file in a folder of $fpath",
            "dbguard completion fish > dbguard.fish": "fish: put the file in ~/.config/fish/completions",
        },
        WRONG | {0: "printed"},
    ),
    "dbguard help": Page(
        "Show the help of a command, as its --help does.",
        {"dbguard help scan": "one command", "dbguard help policies list": "one below another"},
        WRONG | {0: "shown"},
        {"COLUMNS": COLORS["COLUMNS"]},
    ),
}
