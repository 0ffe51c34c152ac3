"""The wire of an org: a Starlette app, the ports that serve it, and the API client of the pane."""
