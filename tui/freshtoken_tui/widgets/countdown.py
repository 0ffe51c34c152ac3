"""What shows the time that is left of a lockout, and so draws it each second."""

from typing import TYPE_CHECKING

from freshtoken_model.values.records import User

if TYPE_CHECKING:
    from textual.widget import Widget as Base
else:
    Base = object


class CountsDown(Base):
    """A widget that draws the time that is left each second, while it is seen and a lockout with an
    end runs. No Widget itself: of two base classes Textual's CSS would see the first only.
    """

    def on_mount(self) -> None:
        """Begin to look."""
        self.set_interval(1.0, self._second)

    def _second(self) -> None:
        user = self.counted()
        if user is not None and user.locked_until is not None and self.is_on_screen:
            self.draw_time()

    def counted(self) -> User | None:
        """Whose lockout is shown; None before there is an org."""
        raise NotImplementedError

    def draw_time(self) -> None:
        """Draw what changes with the time."""
        raise NotImplementedError
