"""`python -m loupe`."""

import sys

from loupe.app import main

sys.exit(main())
