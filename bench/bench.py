"""Whole-process times of `dbguard scan` against the floor and against cfn-lint, in one run.

The floor is the Python start, `import yaml` and a libyaml parse with positions of the same files. CPU seconds are
the operating system's own accounting of each finished process; ratios are of medians, from runs taken in turn.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from compileall import compile_dir
from typing import NamedTuple

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FLOOR = """
import sys, yaml
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        yaml.compose(file.read(), Loader=yaml.CSafeLoader)
"""
DATABASE = """  Db{n}:
    Type: AWS::RDS::DBInstance
    DeletionPolicy: Snapshot
    UpdateReplacePolicy: Snapshot
    Properties:
      Engine: {engine}
      DBInstanceClass: db.m7g.large
      AllocatedStorage: "{size}"
      StorageType: gp3
      StorageEncrypted: !If [Production, true, {encrypted}]
      MultiAZ: !If [Production, true, false]
      BackupRetentionPeriod: !Ref Days
      DeletionProtection: true
      PubliclyAccessible: false
      MasterUsername: admin
      ManageMasterUserPassword: true
      DBSubnetGroupName: !Ref Subnets
      Tags:
        - Key: Name
          Value: !Sub "${{AWS::StackName}}-{n}"
"""
HEAD = """AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Environment: {Type: String, Default: prod, AllowedValues: [dev, prod]}
  Days: {Type: Number, Default: 14, MinValue: 7, MaxValue: 35}
Conditions:
  Production: !Equals [!Ref Environment, prod]
Resources:
  Subnets:
    Type: AWS::RDS::DBSubnetGroup
    Properties:
      DBSubnetGroupDescription: private subnets
      SubnetIds: [subnet-1, subnet-2]
"""


class Run(NamedTuple):
    """What one process took."""

    cpu: float
    wall: float
    mib: float


def run(command: list[str]) -> Run:
    """Run a command to its end, its output thrown away."""
    import time

    start = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        os.execv(command[0], command)
    _, _, usage = os.wait4(pid, 0)
    return Run(usage.ru_utime + usage.ru_stime, time.perf_counter() - start, usage.ru_maxrss / 1024)


def template(count: int) -> str:
    """A template of many databases."""
    engines = ("mysql", "postgres", "mariadb")
    return HEAD + "".join(
        DATABASE.format(n=n, engine=engines[n % 3], size=100 + n, encrypted=("true", "false")[n % 7 == 0])
        for n in range(count)
    )


def real() -> str:
    """The largest sample template."""
    folder = os.path.join(ROOT, "sample_templates")
    return max((os.path.join(folder, name) for name in os.listdir(folder)), key=os.path.getsize)


def files(folder: str) -> dict[str, list[str]]:
    """The inputs, by the name that the table shows."""
    made = {}
    for count in (125, 250, 500, 1000):
        made[count] = os.path.join(folder, f"{count}.yaml")
        with open(made[count], "w", encoding="utf-8") as file:
            file.write(template(count))
    many = os.path.join(folder, "many")
    os.mkdir(many)
    for n in range(1000):
        with open(os.path.join(many, f"{n}.yaml"), "w", encoding="utf-8") as file:
            file.write(template(1 + n % 3))
    return {
        "one template, cold": [real()],
        "1,000 templates": [os.path.join(many, name) for name in sorted(os.listdir(many))],
        **{f"{count} databases": [path] for count, path in made.items()},
    }


BUDGETS = {"one template, cold": 2.0, "1,000 templates": 4.0, "500 databases": 3.0}


def main() -> int:
    """Print the table; exit 1 where a budget is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=7, help="runs of each command (default 7)")
    parser.add_argument("--cfn-lint", action="store_true", help="cfn-lint on one template as well, once")
    options = parser.parse_args()
    compile_dir(os.path.join(ROOT, "src", "dbguard"), quiet=1)  # as an installed one is
    missed = 0
    print(f"{'input':22} {'floor CPU':>10} {'dbguard CPU':>12} {'ratio':>6} {'budget':>7} {'peak MiB':>9}")
    with tempfile.TemporaryDirectory() as folder:
        inputs = files(folder)
        medians: dict[str, float] = {}
        for name, paths in inputs.items():
            ratio, median = _row(name, paths, options.n)
            medians[name] = median
            missed += ratio > BUDGETS.get(name, 99.0)
        _growth(medians)
        if options.cfn_lint:
            lint = run([os.path.join(os.path.dirname(sys.executable), "cfn-lint"), real()])
            print(f"cfn-lint on one template: {lint.cpu:.2f} s CPU, {lint.mib:.0f} MiB")
    return 1 if missed else 0


def _row(name: str, paths: list[str], count: int) -> tuple[float, float]:
    floor_command = [sys.executable, "-c", FLOOR, *paths]
    command = [
        os.path.join(os.path.dirname(sys.executable), "dbguard"),
        "scan",
        *(paths if len(paths) == 1 else [os.path.dirname(paths[0])]),
    ]
    run(command)
    pairs = [(run(floor_command), run(command)) for _ in range(count)]
    floor, ours = (statistics.median(pair[side].cpu for pair in pairs) for side in (0, 1))
    peak = max(pair[1].mib for pair in pairs)
    budget = f"{BUDGETS[name]:.1f}" if name in BUDGETS else ""
    print(f"{name:22} {floor:10.3f} {ours:12.3f} {ours / floor:6.2f} {budget:>7} {peak:9.0f}", flush=True)
    return ours / floor, ours


def _growth(medians: dict[str, float]) -> None:
    """The exponent with which the time grows from 250 to 1,000 databases, the start taken off."""
    from math import log

    start = medians["one template, cold"]
    exponent = log((medians["1000 databases"] - start) / (medians["250 databases"] - start)) / log(4)
    print(f"growth exponent from 250 to 1,000 databases: {exponent:.2f} (budget 1.1)")


if __name__ == "__main__":
    sys.exit(main())
