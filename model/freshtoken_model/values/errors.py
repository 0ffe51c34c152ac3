"""What can go wrong, each with a message a person can act on. Caught once, at the door."""


class OrgError(Exception):
    """A use case was refused; nothing was changed."""


class SeveralLinesError(OrgError):
    """One whose message has several lines, each of them visible."""


class OrgFileError(OrgError):
    """The org file cannot be used; it was left untouched."""


class BadValueError(OrgError):
    """A value is none that is allowed, whatever the state of the org; `given` is what was typed."""

    def __init__(self, message: str, given: str = "") -> None:
        self.given = given
        super().__init__(message)


class UnknownNameError(OrgError):
    """No user, network, client or setting has that name. `given` is what was typed, `what` the kind
    of thing; `listed` tells that the message lists names because none is near.
    """

    def __init__(self, message: str, given: str = "", what: str = "", listed: bool = False) -> None:
        self.given, self.what, self.listed = given, what, listed
        super().__init__(message)


class AmbiguousNameError(UnknownNameError):
    """More than one has that name, or begins so."""


class NotAllowedError(OrgError):
    """The user, in the present state, may not do this."""


class NeedsHashingError(OrgError):
    """The login cannot be decided from memory; nothing was done. For the thread that may not
    hash.
    """


class NotPermittedError(NotAllowedError):
    """Who asks lacks the permission."""


class SelfPasswordError(NotAllowedError):
    """Setup does not allow setPassword() for one's own password."""


class PasswordExpiredError(NotAllowedError):
    """The session is one of an expired password: its owner changes that first."""


class PasswordRefusedError(OrgError):
    """The new password breaks a rule; `broken` holds the rules' own words."""

    def __init__(self, broken: tuple[str, ...]) -> None:
        self.broken = broken
        super().__init__("The new password was refused: " + "; ".join(broken) + ".")


class WrongPasswordError(OrgError):
    """The current password given is not the user's."""


class GrantRefusedError(OrgError):
    """A grant was refused before any login was tried; `fault` is a key of faults.toml."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        super().__init__(f"The app was refused: {fault}.")
