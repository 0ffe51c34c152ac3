"""The API client of the pane: its requests, its exchanges, and its source code."""
