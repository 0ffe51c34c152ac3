"""Which rows a table of any number of rows has: known by their ids, not held."""

from array import array
from collections.abc import Iterable, Sequence


class RowIds:
    """The ids of the rows, newest first: all there are, by arithmetic, or those that a filter let
    through, gathered.
    """

    def __init__(self, known: int, gathered: bool) -> None:
        """`known`: the newest id that has been looked at."""
        self.known, self.gathered = known, gathered
        self._newer, self._older = array("q"), array("q")

    def __len__(self) -> int:
        return len(self._newer) + len(self._older) if self.gathered else self.known

    def __getitem__(self, row: int) -> int:
        if not self.gathered:
            return self.known - row
        newer = len(self._newer)
        return self._newer[-1 - row] if row < newer else self._older[row - newer]

    @property
    def oldest(self) -> int:
        """Below which id to go on gathering."""
        return self._older[-1] if self._older else self.known + 1

    def extend(self, ids: Iterable[int]) -> None:
        """Older ones, newest first."""
        self._older.extend(ids)

    def arrive(self, known: int, ids: Sequence[int]) -> int:
        """Rows came in: the newest id now looked at, and those that the filter lets through.
        Returns how many it shows.
        """
        before, self.known = len(self), known
        self._newer.extend(reversed(ids))
        return len(self) - before
