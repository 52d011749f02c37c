"""The tools that the suite can be pointed at."""
