"""A Salesforce org in a terminal. The command line is `freshtoken`, or `python -m freshtoken`; for
test suites there is `freshtoken.testing`.
"""

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    """The version, read from the installed package when it is asked for."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("freshtoken")
