"""The API client of the pane: a real client, its tape, and the code it stands for."""
