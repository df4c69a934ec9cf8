"""`python -m dbguard`."""

import sys

from dbguard.cli import main

sys.exit(main())
