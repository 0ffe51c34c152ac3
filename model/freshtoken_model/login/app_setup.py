"""Connected apps as an admin sets them up: who they are, and what they may do."""

from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from freshtoken_model.accounts.users import find, unicode
from freshtoken_model.decision.credentials import same
from freshtoken_model.decision.grants import FLOWS, IpRelaxation
from freshtoken_model.store import apps as app_rows
from freshtoken_model.store import database
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import UseCase, maybe, writing
from freshtoken_model.values.errors import BadValueError, GrantRefusedError
from freshtoken_model.values.kinds import EventKind, FaultKey
from freshtoken_model.values.names import match_name, unknown_name
from freshtoken_model.values.records import App, record, records

from .clients import APP_SQL

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Hosts of callback URLs that may begin with http:// [assumption callback_loopback]."""
MOST_CALLBACKS = 2_000
"""Characters of all callback URLs of an app, line breaks included [DOC callback-url-rules]."""


class AppSetup:
    """The part of `org.apps` that reads connected apps and sets them up."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[App]:
        """All connected apps, in the order they were made."""
        with database.read(self._db):
            return records(App, database.rows(self._db, APP_SQL + " order by a.id"))

    def get(self, name: str) -> App:
        """A connected app by name. Raises UnknownNameError."""
        apps = self.all()
        names = [app.name for app in apps]
        return apps[names.index(match_name("connected app", name, names))]

    def of_key(self, consumer_key: str) -> App:
        """A connected app by its consumer key. Raises GrantRefusedError."""
        row = maybe(self._db, APP_SQL + " where a.consumer_key = ?", unicode(consumer_key))
        if row is None:
            raise GrantRefusedError(FaultKey.INVALID_CLIENT_ID)
        return record(App, row)

    def authenticate(self, consumer_key: str, consumer_secret: str) -> App:
        """The app of a key, if the secret is right. Raises GrantRefusedError."""
        app = self.of_key(consumer_key)
        if not same(app.consumer_secret, consumer_secret):
            raise GrantRefusedError(FaultKey.INVALID_CLIENT)
        return app

    # ---- What an admin sets

    def register_key(self, name: str, pem: bytes) -> App:
        """Register the certificate, or public key, that signed JWTs must match (PEM). Raises
        OrgError, UnknownNameError.
        """
        from .signed_jwts import public_key

        return self._change(name, "public_key", public_key(pem), "key for signed JWTs registered")

    def choose_flows(self, name: str, flows: Collection[str]) -> App:
        """Which flows the app may use. Raises UnknownNameError, BadValueError for none at all."""
        if not flows:
            raise BadValueError(f"Choose at least one flow: {', '.join(FLOWS)}.")
        named = {match_name("flow", flow, FLOWS) for flow in flows}
        chosen = [flow for flow in FLOWS if flow in named]
        return self._change(name, "flows", ",".join(chosen), f"flows = {', '.join(chosen)}")

    def run_as(self, name: str, username: str | None) -> App:
        """The user that client credentials run as; None for nobody."""
        user = find(self._db, username) if username else None
        words = f"runs as {user.username}" if user else "runs as nobody"
        return self._change(name, "run_as", user.id if user else None, words)

    def rotate_refresh_tokens(self, name: str, on: bool) -> App:
        """Whether each use of a refresh token gives a new one. Raises UnknownNameError."""
        words = f"Refresh Token Rotation = {'on' if on else 'off'}"
        return self._change(name, "refresh_rotation", int(on), words)

    def relax_ranges(self, name: str, relaxation: str) -> App:
        """IP Relaxation: whether the profile's login IP ranges hold for the app's users. Raises
        UnknownNameError.
        """
        chosen = IpRelaxation(match_name("IP Relaxation", relaxation, list(IpRelaxation)))
        words = f"IP Relaxation = {chosen.label}"
        return self._change(name, "ip_relaxation", chosen.value, words)

    def add_callback(self, name: str, url: str) -> App:
        """Add a callback URL; one that the app has already changes nothing. Raises
        UnknownNameError, BadValueError.
        """
        check_callback(url)
        with writing(self._db) as work:
            app = self.get(name)
            if url in app.callbacks:
                return app
            lines = "\n".join((*app.callbacks, url))
            if len(lines) > MOST_CALLBACKS:
                most = f"{MOST_CALLBACKS:,} characters in all at most"
                raise BadValueError(f"The callback URLs of an app have {most}.", url)
            return self._set(work, app, "callbacks", lines, f"callback URL {url} added")

    def remove_callback(self, name: str, url: str) -> App:
        """Take a callback URL away, named to the letter. Raises UnknownNameError."""
        with writing(self._db) as work:
            app = self.get(name)
            if url not in app.callbacks:
                raise unknown_name("callback URL", url, app.callbacks)
            lines = "\n".join(other for other in app.callbacks if other != url)
            return self._set(work, app, "callbacks", lines, f"callback URL {url} removed")

    def _change(self, name: str, column: str, value: Any, words: str) -> App:
        with writing(self._db) as work:
            return self._set(work, self.get(name), column, value, words)

    def _set(self, work: UseCase, app: App, column: str, value: Any, words: str) -> App:
        app_rows.apps.update(work.db, app.id, **{column: value})
        work.event(EventKind.APP_CHANGED, detail=f"{app.name}: {words}")
        return self.get(app.name)


def check_callback(url: str) -> None:
    """Raise BadValueError unless Salesforce accepts a callback URL: https, or a scheme of the app's
    own [DOC callback-url-rules]; http for this machine only [DOC callback-localhost].
    """
    said = f"{url[:80]!r} is no callback URL:"
    if not url or any(not "!" <= character <= "~" for character in url):
        raise BadValueError(f"{said} it is empty, or has blanks or letters beyond ASCII.", url)
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # read, for one that is no number is refused here
    except ValueError as error:
        raise BadValueError(f"{said} its host or port cannot be read.", url) from error
    if not parts.scheme or not url[len(parts.scheme) + 1 :]:
        raise BadValueError(f"{said} it needs a scheme, as in https://example.com/callback.", url)
    if parts.fragment or url.endswith("#"):  # RFC 6749 3.1.2
        raise BadValueError(f"{said} it must have no fragment (#).", url)
    if parts.scheme in ("http", "https") and not parts.hostname:
        raise BadValueError(f"{said} it names no host.", url)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise BadValueError(
            f"{said} it must begin with https://; http:// is for localhost only.", url
        )
