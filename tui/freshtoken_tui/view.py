"""What the screens draw: everything of an org at one moment, read in one transaction."""

from dataclasses import dataclass, replace

from freshtoken_api.faults import fault_text, faults
from freshtoken_model.accounts.profiles import Profile
from freshtoken_model.accounts.sessions import look_up
from freshtoken_model.accounts.tokens import Offer
from freshtoken_model.decision.fit import Fit
from freshtoken_model.decision.lights import Light
from freshtoken_model.decision.policies import OrgSettings, PasswordPolicy
from freshtoken_model.decision.verdict import Door
from freshtoken_model.history.event_log import AttemptRow
from freshtoken_model.org import Org, OrgInfo
from freshtoken_model.store import database
from freshtoken_model.values.clock import Clock
from freshtoken_model.values.records import (
    App,
    Client,
    Event,
    Integration,
    IpRange,
    Network,
    Session,
    User,
)
from freshtoken_model.values.visible import visible

ATTEMPTS, MARKS = 60, 200


@dataclass(frozen=True, slots=True)
class OrgView:
    """An org at one moment. `viewer` is who is logged in to the user interface."""

    info: OrgInfo
    clock: Clock
    settings: OrgSettings
    values: dict[str, str]
    users: tuple[User, ...]
    profiles: tuple[Profile, ...]
    networks: tuple[Network, ...]
    ranges: tuple[IpRange, ...]
    clients: tuple[Client, ...]
    client: Client
    client_user: User | None
    client_policy: PasswordPolicy | None
    """The password policy of the client's user."""
    app: App | None
    apps: tuple[App, ...]
    viewer: User | None
    viewer_policy: PasswordPolicy | None
    viewer_session: Session | None
    offer: Offer | None
    unread: int
    attempts: tuple[AttemptRow, ...]
    marks: tuple[Event, ...]
    """Events of the client and its user, oldest first: the timeline."""
    integrations: tuple[Integration, ...]
    due: int | None
    """When the next thing happens by itself."""
    fit: Fit
    """What the client sends beside what the org takes; `UNCHECKED` while it is being verified."""

    @property
    def network(self) -> Network:
        """Where the client calls from."""
        return next(n for n in self.networks if n.id == self.client.network_id)

    @property
    def plan(self) -> Integration | None:
        """The client's schedule, if it has one."""
        return next((i for i in self.integrations if i.client_id == self.client.id), None)

    @property
    def light(self) -> str:
        """The client's light."""
        return self.client.light

    @property
    def on_an_old_session(self) -> bool:
        """Whether the client works with its session, and its next login will be refused."""
        return self.light == Light.CONNECTED and self.fit.checked and not self.fit.fits

    @property
    def last_attempt(self) -> AttemptRow | None:
        """The newest login of this client itself, whoever else logs in as its user."""
        own = (one for one in self.attempts if one.event.client_id == self.client.id)
        return next(own, None)


def in_words(client: Client) -> Client:
    """A fault's key, left by a client from outside or a run by schedule, becomes the words it was
    told.
    """
    if client.told not in faults():
        return replace(client, told=visible("session ID received")) if client.outside else client
    said = fault_text(client.told, Door(client.protocol), version=client.api_version)
    return replace(client, told=visible(f"{said.code}: {said.message}"))


def read_view(org: Org, session_id: str | None, client_id: int | None) -> OrgView:
    """Read it all in one read transaction. A client that is gone is replaced by the first one."""
    with database.read(org.database):
        settings, clock = org.setup.org_settings(), org.clock.read()
        session = (
            look_up(org.database, session_id, settings, clock.seen_org) if session_id else None
        )
        users = tuple(org.users.all())
        clients = tuple(in_words(client) for client in org.clients.all())
        client = next((c for c in clients if c.id == client_id), clients[0])
        by_name = {user.username: user for user in users}
        found = by_name.get(session.username) if session else None
        client_user = by_name.get(client.username)
        return OrgView(
            info=org.info(),
            clock=clock,
            settings=settings,
            values=org.setup.values(),
            users=users,
            profiles=tuple(org.admin.profiles()),
            networks=tuple(org.setup.networks()),
            ranges=tuple(org.setup.trusted_ranges()),
            clients=clients,
            client=client,
            client_user=client_user,
            client_policy=org.passwords.policy_of(client_user) if client_user else None,
            app=org.clients.app(client),
            apps=tuple(org.apps.all()),
            viewer=found,
            viewer_policy=org.passwords.policy_of(found) if found else None,
            viewer_session=session,
            offer=org.tokens.offer(found.username) if found else None,
            unread=org.mail.unread(),
            attempts=tuple(org.history.attempts(client.id, ATTEMPTS)),
            marks=tuple(org.history.of_client(client.id, MARKS)),
            integrations=tuple(org.integrations.all()),
            due=org.clock.next_due(),
            fit=org.fits.of(client, remembered_only=True),
        )
