"""This package knows what a load is: turns, bounds, windows, slices, plans, receipts, watermarks. Pure."""
