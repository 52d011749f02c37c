"""Tells lineage as OpenLineage has it (https://openlineage.io), to an HTTP endpoint or a file."""
