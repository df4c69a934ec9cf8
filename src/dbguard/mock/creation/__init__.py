"""How resources in CloudFormation shape are created through AWS's own API: one declaration a type.

A property goes into the argument of the same name, whatever its case, and takes the type that the API wants; what is
spelled otherwise is renamed, and what another call sets is done by it afterwards. The order of the types is one in
which they can be made: groups before what uses them.
"""

from __future__ import annotations

from collections.abc import Mapping

from dbguard.mock.creation import caches, dynamodb, graphs, others, rds, redshift
from dbguard.mock.creation.declaration import Creation, fit

CREATIONS: Mapping[str, tuple[Creation, ...]] = {
    **others.BEFORE,
    **rds.CREATIONS,
    **graphs.CREATIONS,
    **dynamodb.CREATIONS,
    **caches.CREATIONS,
    **redshift.CREATIONS,
    **others.CREATIONS,
}

__all__ = ["CREATIONS", "Creation", "fit"]
