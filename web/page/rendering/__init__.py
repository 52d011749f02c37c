"""How each page looks: pure functions from a view to HTML."""
