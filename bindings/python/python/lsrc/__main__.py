"""``python -m lsrc``"""

import sys

from ._command import main

sys.exit(main())
