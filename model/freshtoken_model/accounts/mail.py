"""The simulated inbox. Subject of the token mail: [3P token-mail-subject]; everything else in mails
is our wording.
"""

from freshtoken_model.decision.credentials import LINK_LENGTH, digest
from freshtoken_model.store import database
from freshtoken_model.store import mail as mail_rows
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import UseCase, maybe, one, writing
from freshtoken_model.values.clock import HOUR
from freshtoken_model.values.errors import UnknownNameError
from freshtoken_model.values.kinds import EventKind
from freshtoken_model.values.records import Mail, User, record

from .users import find

TOKEN_SUBJECT = "Your new Salesforce security token"
LINK_SUBJECT = "Finish resetting your password"

MAIL_SQL = """
select m.id, m.user_id, u.username, u.email, m.sent_at, m.subject, m.body, m.token, m.link,
m.read_at, m.tried_dead_at
from mail m join user u on u.id = m.user_id
"""


def send_token(work: UseCase, user: User, token: str) -> None:
    """Mail a new security token to the user."""
    body = (
        f"We sent you a new security token because your password was changed or you asked for "
        f"one.\n\n"
        f"Username: {user.username}\nSecurity token (case-sensitive): {token}\n\n"
        f"Put it behind your password when you log in from outside your company's trusted network,"
        f" or into the security token field of your client. Older tokens no longer work."
    )
    _send(work, user.id, TOKEN_SUBJECT, body, token=token)
    work.event(EventKind.TOKEN_MAILED, user.id)


LINK_REASONS = {
    "admin": (
        "An admin has reset your password.",
        "Your old password and your security token no longer work.",
    ),
    "user": (
        "You asked to reset your password.",
        "Setting a new password ends your security token, if you have one.",
    ),
    "welcome": ("An admin has made you a user of this org.", "Until then you have no password."),
}


def issue_link(work: UseCase, user: User, asked_by: str) -> None:
    """A new password link, mailed; the ones before it stop working. `asked_by` is one of
    LINK_REASONS.
    """
    mail_rows.use_links(work.db, user.id, work.now - HOUR)
    link = work.source.text(LINK_LENGTH)
    mail_rows.reset_links.insert(
        work.db, user_id=user.id, digest=digest(link), asked_by=asked_by, made_at=work.now
    )
    reason, end = LINK_REASONS[asked_by]
    body = (
        f"{reason}\n\nUsername: {user.username}\nOpen this mail in the Inbox and choose Set new "
        f"password.\n\n"
        f"The link works once, within 24 hours. {end}"
    )
    _send(work, user.id, LINK_SUBJECT, body, link=link)
    work.event(EventKind.LINK_MAILED, user.id)


def _send(
    work: UseCase,
    user_id: int,
    subject: str,
    body: str,
    token: str | None = None,
    link: str | None = None,
) -> None:
    mail_rows.mails.insert(
        work.db,
        user_id=user_id,
        sent_at=work.now,
        subject=subject,
        body=body,
        token=token,
        link=link,
    )


class Mailbox:
    """`org.mail`: the simulated inboxes."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self, name: str | None = None) -> list[Mail]:
        """The mails of a user, or of everybody, newest first. Raises UnknownNameError."""
        with database.read(self._db):
            if name is None:
                rows = database.rows(self._db, MAIL_SQL + " order by m.id desc")
            else:
                rows = database.rows(
                    self._db,
                    MAIL_SQL + " where m.user_id = ? order by m.id desc",
                    (find(self._db, name).id,),
                )
            return [record(Mail, row) for row in rows]

    def unread(self) -> int:
        """How many mails nobody has read."""
        return int(one(self._db, "select count(*) as n from mail where read_at is null")["n"])

    def newest_token(self, username: str) -> str | None:
        """The token of the newest mail that carries one, whether or not it still works; None when
        there is none.
        """
        row = maybe(
            self._db,
            "select token from mail where user_id = (select id from user where username = ?) and "
            "token is not null"
            " order by id desc limit 1",
            username,
        )
        return str(row["token"]) if row else None

    def read(self, mail_id: int) -> None:
        """Mark a mail as read."""
        with writing(self._db) as work:
            user_id = self._owner(mail_id)
            if mail_rows.mark_read(work.db, mail_id, work.now):
                work.event(EventKind.MAIL_READ, user_id)

    def delete(self, mail_id: int) -> None:
        """Delete a mail for good. Raises UnknownNameError when it is gone already."""
        with writing(self._db) as work:
            user_id = self._owner(mail_id)
            mail_rows.mails.delete(work.db, mail_id)
            work.event(EventKind.MAIL_DELETED, user_id)

    def _owner(self, mail_id: int) -> int:
        row = maybe(self._db, "select user_id from mail where id = ?", mail_id)
        if row is None:
            raise UnknownNameError("That mail is no longer there.")
        return int(row["user_id"])
