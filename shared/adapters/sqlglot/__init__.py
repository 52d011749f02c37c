"""Queries of table files, as sqlglot reads them: whether they are one SELECT, and what they give."""
