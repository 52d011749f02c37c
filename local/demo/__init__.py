"""The demo: sets everything up, loads ten tables of real and invented rows, changes them, compares."""
