"""The tables of an org file, as migrations. Times are milliseconds since 1970, UTC, of org time
unless named wall.
"""

from sqlite_utils import Database, Migrations

from .first_tables import TABLES
from .steps import columns_of, keep_steps

migrations = Migrations("freshtoken")

REAL_CLIENTS = """
alter table user add column use_any_api_auth integer not null default 1;
alter table user add column mfa_api integer not null default 0;
alter table user add column totp_secret text;

alter table app add column run_as integer references user(id);
alter table app add column public_key text;
alter table app add column callbacks text not null default '';
alter table session add column app_id integer references app(id);
alter table session add column scope text not null default '';

create table authorization_code (
    id integer primary key, app_id integer not null references app(id) on delete cascade,
    user_id integer not null references user(id) on delete cascade,
    digest text not null unique, callback text not null, challenge text not null, scope text not
    null,
    made_at integer not null, used_at integer
) strict;
create table refresh_token (
    id integer primary key, app_id integer not null references app(id) on delete cascade,
    user_id integer not null references user(id) on delete cascade,
    digest text not null unique, scope text not null, public integer not null default 0,
    issued_at integer not null, used_at integer not null, revoked_at integer
) strict;

create table client_with_more_protocols (
    id integer primary key, name text not null unique, username text not null, password text not
    null,
    token text not null default '', network_id integer not null references network(id),
    protocol text not null check (protocol in ('soap', 'oauth', 'client_credentials', 'jwt_bearer',
    'web_server')),
    api_version text not null, app_id integer references app(id),
    session text not null default '', light text not null default 'idle', told text not null default
    '', told_at integer,
    outside integer not null default 0
) strict;
insert into client_with_more_protocols(id, name, username, password, token, network_id, protocol,
api_version, app_id,
    session, light, told, told_at)
    select id, name, username, password, token, network_id, protocol, api_version, app_id, session,
    light, told, told_at
    from client;
drop table client;
alter table client_with_more_protocols rename to client;

create index token_user on token(user_id, id);
create index user_locked on user(locked_until) where locked_until is not null;
"""

TIME_AND_INTEGRATIONS = """
create table integration (
    client_id integer primary key references client(id) on delete cascade,
    every integer not null check (every >= 1000), anchor integer not null,
    habit text not null check (habit in ('every_run', 'keep')), retry text not null,
    paused integer not null default 0, stopped integer not null default 0,
    tries integer not null default 0, run_at integer, next_due integer
) strict;
create index integration_due on integration(next_due) where next_due is not null;

create table tally (
    client_id integer not null, hour integer not null,
    accepted integer not null default 0, refused integer not null default 0, locked integer not null
    default 0,
    worked integer not null default 0, primary key (client_id, hour)
) strict, without rowid;
insert into tally select e.client_id, e.at / 3600000, sum(e.kind = 'login_accepted'),
    sum(e.kind = 'login_refused' and t.id is null),
    sum(e.kind = 'login_refused' and t.id is not null), 0
    from event e join client c on c.id = e.client_id left join (
        select distinct trace.id from trace, json_each(trace.text) step
        where json_extract(step.value, '$[0]') = 'not_locked'
        and json_extract(step.value, '$[1]') = 'refused') t on t.id = e.trace_id
    where e.kind in ('login_accepted', 'login_refused') group by 1, 2;

create table profile_setting (
    profile_id integer not null references profile(id) on delete cascade, name text not null, value
    text not null,
    primary key (profile_id, name)
) strict, without rowid;

alter table org add column preset text not null default 'default';
alter table org add column calendar_due integer;
alter table org add column step integer not null default 0;
alter table user add column expires_at integer;
alter table user add column never_expires integer not null default 0;
update user set expires_at = password_changed_at + 86400000 * coalesce(
        (select cast(value as integer) from setting where name = 'password_expires'), 90)
    where must_change_password = 0 and coalesce((select value from setting where name =
    'password_expires'), '90') != '0';
update user set expires_at = null where expires_at <= (select seen_org from org);
create index user_expires on user(expires_at) where expires_at is not null;

-- An index ends with the row's id by itself: naming it would store it twice.
drop index event_user;
create index event_user on event(user_id);
drop index event_client;
create index event_client on event(client_id);
drop index login_history_user;
create index login_history_user on login_history(user_id);
drop index probe_user;
create index probe_user on probe(user_id);
create index login_history_status on login_history(status) where status != 'success';
create index login_history_shape on login_history(shape_id);
create index login_history_refused on login_history(user_id, status) where status != 'success';
create index event_mark on event(id)
    where kind != 'login_accepted' and kind != 'login_refused' and kind != 'run_worked' and kind !=
    'client_told';

create table step (
    id integer primary key, first_event integer not null, label_event integer not null, made_by text
    not null,
    org text not null
) strict;
create table undo (
    step integer not null, tab text not null, key text not null, image text, primary key (step, tab,
    key)
) strict, without rowid;
update org set step = 1;
"""

SHADOW_INDEXES = """
create index probe_status on probe(status) where status != 'success';
create index probe_shape on probe(shape_id);
create index probe_refused on probe(user_id, status) where status != 'success';
delete from undo where tab = 'nobody';
drop table nobody;
alter table user add column shadow_attempts integer not null default 0;
"""
"""Formats 4 and 5 wrote as many pages for an unknown username as for a known one."""

ATTEMPT_COLUMNS = """
create table shape_in_columns (
    id integer primary key, door text not null, address text not null, api_version text not null,
    application text not null, endpoint text not null, login_type text not null,
    login_url text not null, username text
) strict;
insert into shape_in_columns select id,
    coalesce(json_extract(text, '$.door'), 'soap'),
    coalesce(json_extract(text, '$.address'), ''),
    coalesce(json_extract(text, '$.api_version'), ''),
    coalesce(json_extract(text, '$.application'), ''),
    coalesce(json_extract(text, '$.endpoint'), ''),
    coalesce(json_extract(text, '$.login_type'), ''),
    coalesce(json_extract(text, '$.login_url'), ''),
    json_extract(text, '$.username') from shape;
drop table shape;
alter table shape_in_columns rename to shape;
create index shape_source on shape(username, address, application);

alter table trace add column gate text not null default '';
alter table trace add column code text not null default '';
update trace set (gate, code) = (
    select json_extract(step.value, '$[0]'), json_extract(step.value, '$[2]')
    from json_each(trace.text) step where json_extract(step.value, '$[1]') = 'refused')
    where exists (select 1 from json_each(trace.text) step
    where json_extract(step.value, '$[1]') = 'refused');
"""
"""How an attempt came in, and the gate that refused it, as columns: they are asked for by the
timeline, the checks of labs and the filters of Login History.
"""


def _run(db: Database, script: str) -> None:
    """Statement by statement: executescript() would commit the transaction around it."""
    for statement in script.split(";\n"):
        if statement.strip():
            db.conn.execute(statement)


@migrations(name="0001_the_org")
def _the_org(db: Database) -> None:
    """Everything of the first release."""
    _run(db, TABLES)


@migrations(name="0002_real_clients")
def _real_clients(db: Database) -> None:
    """What real clients need: permissions, connected apps with their grants, clients from
    outside.
    """
    _run(db, REAL_CLIENTS)


@migrations(name="0003_time_and_integrations")
def _time_and_integrations(db: Database) -> None:
    """Integrations, their tallies, profile policies, dates that fall due, and the steps that can be
    taken back.
    """
    _run(db, TIME_AND_INTEGRATIONS)
    keep_steps(db.conn)


@migrations(name="0004_same_pages")
def _same_pages(db: Database) -> None:
    """A shadow of Login History for unknown usernames; gone again with format 6."""
    _run(db, SHADOW_INDEXES)
    keep_steps(db.conn)


@migrations(name="0005_attempt_columns")
def _attempt_columns(db: Database) -> None:
    """How an attempt came in and what refused it, as columns instead of JSON."""
    _run(db, ATTEMPT_COLUMNS)


@migrations(name="0006_no_shadow")
def _no_shadow(db: Database) -> None:
    """Nothing is written any more that only made an unknown username cost what a known one costs.

    A user's image of formats 4 and 5 loses the value of the last column, which goes.
    """
    columns, _ = columns_of(db.conn, "user")
    _run(
        db,
        f"""
update undo set image = json_remove(image, '$[#-1]')
    where tab = 'user' and json_array_length(image) = {len(columns)};
drop trigger undo_user_insert;
drop trigger undo_user_update;
drop trigger undo_user_delete;
alter table user drop column shadow_attempts;
drop table probe;
""",
    )
    keep_steps(db.conn)


@migrations(name="0007_openid")
def _openid(db: Database) -> None:
    """The org's key for ID tokens, which no step takes back; and the nonce that comes with a
    code.
    """
    _run(
        db,
        """
create table openid_key (id integer primary key check (id = 1), private_key text not null) strict;
alter table authorization_code add column nonce text not null default '';
update undo set image = json_insert(image, '$[#]', '')
    where tab = 'authorization_code' and image is not null;
""",
    )
    keep_steps(db.conn)


@migrations(name="0008_app_policies")
def _app_policies(db: Database) -> None:
    """Policies of connected apps, and the families of refresh tokens; `family` is the id of the
    first one, null for itself.
    """
    _run(
        db,
        """
alter table app add column refresh_rotation integer not null default 0;
alter table app add column ip_relaxation text not null default 'enforce';
alter table refresh_token add column family integer;
alter table refresh_token add column replaced_at integer;
create index refresh_token_family on refresh_token(family) where family is not null;
update undo set image = json_insert(image, '$[#]', 0, '$[#]', 'enforce')
    where tab = 'app' and image is not null;
update undo set image = json_insert(image, '$[#]', null, '$[#]', null)
    where tab = 'refresh_token' and image is not null;
""",
    )
    keep_steps(db.conn)


@migrations(name="0009_shared_sessions")
def _shared_sessions(db: Database) -> None:
    """What repeated logins share a session by; and the ID of an open session, for a login that is
    answered it again. A session of an older file is shared with nobody.
    """
    _run(
        db,
        """
alter table session add column application text not null default '';
alter table session add column kept_id text not null default '';
alter table session add column holders integer not null default 1;
create index session_shared on session(user_id, application) where kept_id != '';
update undo set image = json_insert(image, '$[#]', '', '$[#]', '', '$[#]', 1)
    where tab = 'session' and image is not null;
""",
    )
    keep_steps(db.conn)


@migrations(name="0010_login_host_of_a_client")
def _login_host_of_a_client(db: Database) -> None:
    """Where an API client logs in: at the org's My Domain, or at the login host."""
    _run(
        db,
        """
alter table client add column login_at text not null default 'my-domain';
update undo set image = json_insert(image, '$[#]', 'my-domain')
    where tab = 'client' and image is not null;
""",
    )
    keep_steps(db.conn)
