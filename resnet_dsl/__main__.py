"""``python -m resnet_dsl``: the command line, for launchers that start modules."""

from __future__ import annotations

import sys

from resnet_dsl.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
