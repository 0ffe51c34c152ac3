"""The login decision and what it is made of: pure."""
