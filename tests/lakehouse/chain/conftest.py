"""The loads of the chain are carried out by the model of `tests/properties`."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "properties"))
