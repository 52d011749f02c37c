"""One module per command. Each is imported when it is called, so that `--help` starts at once."""
