"""Everything the triggers, orchestrators and activities share; one sub-package per term of the glossary."""
