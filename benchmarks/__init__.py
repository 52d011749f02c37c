"""What can be measured, each by one command: `.venv/bin/python -m benchmarks.<name>`."""
