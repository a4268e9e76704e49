"""The program that a guarded child is. Run by its path, it makes the function's folder a package, wherever it lies and
whatever it is called there, so that modules in it find one another as they do in the function itself.
"""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

PACKAGE = "guarded"

if __name__ == "__main__":
    package = ModuleType(PACKAGE)
    package.__path__ = [str(Path(__file__).parent.parent)]
    sys.modules[PACKAGE] = package
    sys.exit(import_module(f"{PACKAGE}.intake.child").main())
