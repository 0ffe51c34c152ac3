"""freshtoken web: the app in a browser, one process and one org file a visitor."""
