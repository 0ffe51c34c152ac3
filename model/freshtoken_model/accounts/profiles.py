"""What an admin does to users and profiles in Setup; the single settings are in setup.py."""

import json
import re
from dataclasses import dataclass

from freshtoken_model.decision.credentials import record_id
from freshtoken_model.decision.settings import PASSWORDS, settings
from freshtoken_model.decision.verdict import Door
from freshtoken_model.store import database
from freshtoken_model.store import setup as setup_rows
from freshtoken_model.store import users as user_rows
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import UseCase, maybe, one, writing
from freshtoken_model.values.errors import (
    BadValueError,
    NotAllowedError,
    UnknownNameError,
)
from freshtoken_model.values.kinds import Cause, EventKind, SettingName
from freshtoken_model.values.names import folded, listed, match_name
from freshtoken_model.values.records import IpRange, User

from . import mail
from .networks import address_number
from .sessions import end_sessions
from .setup import Setup, dotted, refuse_contradiction
from .users import by_id, end_all_sessions, find, plan_expiry

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WHOLE_DAY = 24 * 60
USERNAME = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")
"""A username has the form of an e-mail address [MEM]."""
LONGEST_NAME = 80
ALL_KINDS = tuple(door.value for door in Door)


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile: login hours (minutes of the day, by day), login IP ranges, and what it has of its
    own of the policies.
    """

    id: int
    name: str
    administers: bool
    hours: dict[str, tuple[int, int]]
    ranges: tuple[IpRange, ...]
    policies: dict[str, str]
    users: int


def profile_settings() -> tuple[str, ...]:
    """The settings that a profile can override, by name [DOC lockout-profile-values]."""
    return tuple(
        s.name
        for s in settings().values()
        if s.page == PASSWORDS and s.name != SettingName.SELF_SET_PASSWORD
    )


def minute_of(text: str) -> int:
    """The minute of the day of 8:30 or 24:00. Raises OrgError."""
    match = re.fullmatch(r"(\d{1,2}):(\d\d)", text.strip())
    minute = int(match[1]) * 60 + int(match[2]) if match else -1
    if match is None or int(match[2]) > 59 or minute > WHOLE_DAY:
        raise BadValueError(f"{text!r} is not a time of day; write it like 9:00 or 24:00.", text)
    return minute


def clock_of(minute: int) -> str:
    """8:30 of a minute of the day."""
    return f"{minute // 60}:{minute % 60:02d}"


class Admin:
    """`org.admin`: what an admin does to users and profiles."""

    def __init__(self, db: Database) -> None:
        self._db = db

    # ---- Users

    def create_user(
        self, username: str, first_name: str, last_name: str, email: str, profile: str
    ) -> User:
        """A new user, without a password: a link to set one is mailed. Raises OrgError,
        NotAllowedError, UnknownNameError.
        """
        with writing(self._db) as work:
            username = self._free_username(username)
            number = one(self._db, "select coalesce(max(id), 0) + 1 as n from user")["n"]
            user_id = user_rows.users.insert(
                work.db,
                record_id=record_id("005", number),
                username=username,
                first_name=_named(first_name, "First name"),
                last_name=_named(last_name, "Last name"),
                email=_address(email),
                profile_id=self._profile(profile).id,
                purpose="Made in this org by an admin.",
                password_changed_at=work.now,
            )
            work.event(EventKind.USER_CREATED, user_id)
            mail.issue_link(work, by_id(self._db, user_id), "welcome")
            return by_id(self._db, user_id)

    def edit_user(
        self,
        name: str,
        username: str | None = None,
        first_name: str | None = None,
        last_name: str | None = None,
        email: str | None = None,
        profile: str | None = None,
        active: bool | None = None,
    ) -> User:
        """Change what is given; the rest stays. Raises OrgError, NotAllowedError when it is so
        already, UnknownNameError.
        """
        with writing(self._db) as work:
            user = find(self._db, name)
            wanted: dict[str, str | int] = {}
            if username is not None and username.strip() != user.username:
                wanted["username"] = self._free_username(username, user.id)
            if first_name is not None:
                wanted["first_name"] = _named(first_name, "First name")
            if last_name is not None:
                wanted["last_name"] = _named(last_name, "Last name")
            if email is not None:
                wanted["email"] = _address(email)
            if profile is not None:
                chosen = self._profile(profile)
                wanted["profile_id"], profile = chosen.id, chosen.name
            if active is not None:
                wanted["active"] = int(active)
            changed = {
                column: value for column, value in wanted.items() if getattr(user, column) != value
            }
            if not changed:
                raise NotAllowedError(f"Nothing of {user.username} would change.")
            user_rows.users.update(work.db, user.id, **changed)
            plan_expiry(work, user.id)
            words = {
                "profile_id": f"profile {profile}",
                "active": "activated" if active else "deactivated",
            }
            detail = ", ".join(words.get(column, column.replace("_", " ")) for column in changed)
            work.event(EventKind.USER_CHANGED, user.id, detail=detail)
            if changed.get("active") == 0:  # [assumption deactivating_ends_sessions]
                end_all_sessions(work, user.id)
            return by_id(self._db, user.id)

    def expire_all_passwords(self) -> int:
        """Everybody must change the password at the next login, but who has Password Never Expires;
        returns how many.

        [DOC expire-all-passwords]. Raises NotAllowedError when there is nobody left.
        """
        with writing(self._db) as work:
            affected = user_rows.expire_passwords(work.db)
            if not affected:
                raise NotAllowedError("Every password is expired already.")
            work.event(EventKind.PASSWORDS_EXPIRED, number=affected)
            return affected

    def end_sessions(self, name: str) -> int:
        """End every open session of a user, of the interface and of the API; returns how many.
        Raises NotAllowedError.
        """
        with writing(self._db) as work:
            user = find(self._db, name)
            ended = end_sessions(work, user.id, Cause.ADMIN, ALL_KINDS)
            if not ended:
                raise NotAllowedError(f"{user.username} has no open session.")
            return ended

    def _free_username(self, username: str, but: int = 0) -> str:
        """A username nobody else has; `but` the user of this id."""
        given, username = username, username.strip()
        if not _like_mail(username):
            raise BadValueError(
                f"{username[:80]!r} is not a username: it has the form of an e-mail address, with "
                f"at most {LONGEST_NAME} characters.",
                given,
            )
        if maybe(self._db, "select 1 from user where username = ? and id != ?", username, but):
            raise NotAllowedError(f"There is a user {username} already.")
        return username

    # ---- Profiles

    def profiles(self) -> list[Profile]:
        """Every profile, in the order of their ids."""
        with database.read(self._db):
            rows = database.rows(
                self._db,
                "select p.*, (select count(*) from user u where u.profile_id = p.id) as users "
                "from profile p order by id",
            )
            return [
                Profile(
                    row["id"],
                    row["name"],
                    bool(row["administers"]),
                    {
                        day: (first, last)
                        for day, (first, last) in json.loads(row["login_hours"] or "{}").items()
                    },
                    tuple(
                        IpRange(r["id"], dotted(r["first"]), dotted(r["last"]))
                        for r in database.rows(
                            self._db,
                            "select * from login_ip_range where profile_id = ? order by first",
                            (row["id"],),
                        )
                    ),
                    {
                        r["name"]: r["value"]
                        for r in database.rows(
                            self._db,
                            "select * from profile_setting where profile_id = ? order by name",
                            (row["id"],),
                        )
                    },
                    row["users"],
                )
                for row in rows
            ]

    def profile(self, name: str) -> Profile:
        """A profile by name, or by the beginning of its name. Raises UnknownNameError."""
        with database.read(self._db):
            return self._profile(name)

    def _profile(self, name: str) -> Profile:
        profiles = self.profiles()
        names = [profile.name for profile in profiles]
        return profiles[names.index(match_name("profile", name, names, by_beginning=True))]

    def create_profile(self, name: str) -> Profile:
        """Make a profile without login hours, login IP ranges and policies. Raises OrgError,
        NotAllowedError.
        """
        name = _named(name, "The profile")
        with writing(self._db) as work:
            if maybe(self._db, "select 1 from profile where name = ? collate nocase", name):
                raise NotAllowedError(f"There is a profile {name!r} already.")
            number = one(self._db, "select coalesce(max(id), 0) + 1 as n from profile")["n"]
            setup_rows.profiles.insert(work.db, record_id=record_id("00e", number), name=name)
            self._noted(work, name, "made")
            return self._profile(name)

    def set_login_hours(self, name: str, day: str, start: str, end: str) -> Profile:
        """From when to when users of a profile may log in on a day; 0:00 to 24:00 is the whole day.

        The same start and end: no access that day [DOC login-hours-rules]. Raises OrgError,
        UnknownNameError.
        """
        day = match_name("day", day, DAYS)
        first, last = minute_of(start), minute_of(end)
        if last < first:
            raise BadValueError(
                "Login hours end before they begin; give a day and the next one each its part.", end
            )
        with writing(self._db) as work:
            profile = self._profile(name)
            hours = {**profile.hours, day: (first, last)}
            if (first, last) == (0, WHOLE_DAY):
                del hours[day]
            setup_rows.profiles.update(
                work.db, profile.id, login_hours=json.dumps(hours) if hours else None
            )
            self._noted(
                work, profile.name, f"login hours {day} {clock_of(first)} - {clock_of(last)}"
            )
            return self._profile(profile.name)

    def add_login_range(self, name: str, first: str, last: str) -> Profile:
        """Users of a profile may log in from there, and from nowhere else [DOC profile-ip-blocks].
        Raises OrgError.
        """
        low, high = address_number(first.strip()), address_number(last.strip() or first.strip())
        if high < low:
            raise BadValueError("The range ends before it starts.", last)
        with writing(self._db) as work:
            profile = self._profile(name)
            if any(r.first == dotted(low) and r.last == dotted(high) for r in profile.ranges):
                raise NotAllowedError("The profile has that range already.")
            setup_rows.login_ranges.insert(work.db, profile_id=profile.id, first=low, last=high)
            self._noted(work, profile.name, f"login IP range {dotted(low)} - {dotted(high)} added")
            return self._profile(profile.name)

    def remove_login_range(self, name: str, range_id: int) -> Profile:
        """Take a login IP range from a profile. Raises UnknownNameError when it is gone already."""
        with writing(self._db) as work:
            profile = self._profile(name)
            gone = next((r for r in profile.ranges if r.id == range_id), None)
            if gone is None:
                raise UnknownNameError(
                    f"There is no range {range_id} in {profile.name}.",
                    str(range_id),
                    "login IP range",
                    True,
                )
            setup_rows.login_ranges.delete(work.db, range_id)
            self._noted(work, profile.name, f"login IP range {gone.first} - {gone.last} removed")
            return self._profile(profile.name)

    def set_policy(self, name: str, policy: str, value: str | None) -> Profile:
        """Set a password policy of a profile; None: the org's applies again. Raises
        OrgError, UnknownNameError.

        From then on changes of the org's do not reach its users [DOC policy-profile-wins].
        """
        names = list(profile_settings())
        if policy not in names and folded(policy) in map(folded, settings()):
            raise BadValueError(
                f"A profile cannot have its own {policy!r}. It can have: {listed(names)}.", policy
            )
        policy = match_name("password policy", policy, names)
        setting = settings()[policy]
        value = None if value is None else setting.value_of(value)
        with writing(self._db) as work:
            profile = self._profile(name)
            if profile.policies.get(policy) == value:
                raise NotAllowedError(f"{profile.name} has it so already.")
            own = {
                name: held
                for name, held in {**profile.policies, policy: value}.items()
                if held is not None
            }
            refuse_contradiction({**Setup(self._db).values(), **own})
            if policy in profile.policies:
                setup_rows.profile_settings.delete(work.db, (profile.id, policy))
            if value is not None:
                setup_rows.profile_settings.insert(
                    work.db, profile_id=profile.id, name=policy, value=value
                )
            plan_expiry(work)
            said = setting.words(value) if value is not None else "the org's"
            self._noted(work, profile.name, f"{setting.label} = {said}")
            return self._profile(profile.name)

    def _noted(self, work: UseCase, profile: str, words: str) -> None:
        work.event(EventKind.PROFILE_CHANGED, detail=f"{profile}: {words}")


def _named(text: str, what: str) -> str:
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadValueError(f"{what} needs 1 to {LONGEST_NAME} characters.", text)
    return name


def _address(email: str) -> str:
    address = email.strip()
    if not _like_mail(address):
        if len(address) > LONGEST_NAME:
            words = f"The e-mail address has {len(address)} characters"
            raise BadValueError(f"{words}; {LONGEST_NAME} is the limit.", email)
        raise BadValueError(f"{address[:80]!r} is not an e-mail address.", email)
    return address


def _like_mail(text: str) -> bool:
    return bool(USERNAME.fullmatch(text)) and len(text) <= LONGEST_NAME and text.isprintable()
