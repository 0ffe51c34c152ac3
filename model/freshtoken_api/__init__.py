"""The wire: a Starlette app over an Org, and the API client of the pane. Knows no terminal."""
