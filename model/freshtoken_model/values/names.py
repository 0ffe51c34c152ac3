"""A name typed by hand, among the names there are: found whatever its letter case, dashes and
underscores; else the nearest ones are told.
"""

from collections.abc import Iterable, Sequence

from .errors import AmbiguousNameError, UnknownNameError

MOST_LISTED = 10
"""Names in one sentence at most."""
MOST_NEAR = 3
"""Names that are told as near at most."""
SHARED_BEGINNING = 4
"""Letters that two names begin with alike to count as near."""


def folded(name: str) -> str:
    """A name without what does not matter: letter case, and dash, underscore or space."""
    return name.strip().casefold().replace("_", "-").replace(" ", "-")


def listed(names: Sequence[str]) -> str:
    """Names in a row, at most MOST_LISTED, and how many more there are."""
    more = len(names) - MOST_LISTED
    shown = ", ".join(names[:MOST_LISTED])
    return f"{shown} and {more} more" if more > 0 else shown


def either(names: Sequence[str]) -> str:
    """Quoted names as in: 'a', 'b' or 'c'."""
    quoted = [f"'{name}'" for name in names]
    return " or ".join(filter(None, (", ".join(quoted[:-1]), quoted[-1])))


def nearest(name: str, names: Iterable[str]) -> list[str]:
    """The names that were perhaps meant, the nearest first, MOST_NEAR at most."""
    from difflib import get_close_matches

    wanted = folded(name)
    if not wanted:
        return []
    known = {folded(one): one for one in names}
    local = wanted.partition("@")[0][:80]  # of usernames the domain is the same
    parts = {key.partition("@")[0]: one for key, one in known.items()}
    near = [parts[key] for key in get_close_matches(local, parts, MOST_NEAR, 0.6)]
    if not near:
        begun = wanted[:SHARED_BEGINNING]
        alike = [one for key, one in known.items() if key.startswith(begun)]
        near = alike if len(begun) == SHARED_BEGINNING else []
    return list(dict.fromkeys(near))[:MOST_NEAR]


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """' Did you mean ...?', or nothing where no name is near."""
    near = nearest(name, names)
    return f" Did you mean {either(near)}?" if near else ""


def unknown_name(what: str, name: str, names: Sequence[str]) -> UnknownNameError:
    """That there is no such name: with the nearest, else with the names there are."""
    near = did_you_mean(name, names)
    others = near or (f" There are: {listed(names)}." if names else "")
    return UnknownNameError(f"There is no {what} {name[:80]!r}.{others}", name, what, not near)


def match_name(what: str, name: str, names: Sequence[str], by_beginning: bool = False) -> str:
    """The name that is meant. Raises UnknownNameError, or AmbiguousNameError when several begin
    so.
    """
    if name in names:
        return name
    wanted = folded(name)
    same = [one for one in names if folded(one) == wanted]
    if by_beginning and wanted and not same:
        same = [one for one in names if folded(one).startswith(wanted)]
    if len(same) == 1:
        return same[0]
    if same:
        raise AmbiguousNameError(f"{name[:80]!r} could be {listed(same)}.", name, what)
    raise unknown_name(what, name, names)
