"""What people and programs see of Tidemark over HTTP."""
