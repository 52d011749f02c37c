"""The JSON API: bodies in, problems and views out."""
