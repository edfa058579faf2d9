"""``python -m resnet_dsl.cli``: the command line where the script is not on the PATH."""

from __future__ import annotations

import sys

from resnet_dsl.cli.main import main

sys.exit(main())
