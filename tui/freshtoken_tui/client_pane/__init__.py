"""The API client pane and what it is made of."""
