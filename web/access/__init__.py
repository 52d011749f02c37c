"""Who asks, and what they may: callers, roles, limits and the record of what they did."""
