"""The control API: drives a served org from any language. Off unless serve asks for it."""
