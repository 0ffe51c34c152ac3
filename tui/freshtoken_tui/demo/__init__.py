"""Demos: the player, its hands, recordings, and a command line inside the app."""
