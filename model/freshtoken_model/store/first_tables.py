"""The tables of the first release, which the migrations of schema.py begin with."""

TABLES = """
create table org (
    id integer primary key check (id = 1),
    record_id text not null, name text not null, kind text not null, my_domain text not null,
    time_zone text not null, created_release text not null,
    seed text, draws integer not null default 0, generation text not null, frozen_at integer,
    clock_mode text not null check (clock_mode in ('running', 'frozen')),
    anchor_wall integer not null, anchor_org integer not null, seen_wall integer not null, seen_org
    integer not null
) strict;

create table profile (
    id integer primary key, record_id text not null unique, name text not null unique,
    administers integer not null default 0, login_hours text
) strict;
create table login_ip_range (
    id integer primary key, profile_id integer not null references profile(id) on delete cascade,
    first integer not null, last integer not null check (last >= first)
) strict;
create table trusted_ip_range (
    id integer primary key, first integer not null, last integer not null check (last >= first),
    description text not null
) strict;
create table network (id integer primary key, name text not null unique, label text not null,
address text not null) strict;

create table user (
    id integer primary key, record_id text not null unique, username text not null unique collate
    nocase,
    first_name text not null, last_name text not null, email text not null,
    profile_id integer not null references profile(id), purpose text not null,
    active integer not null default 1, frozen integer not null default 0,
    api_enabled integer not null default 1, api_only integer not null default 0,
    password_hash text, password_changed_at integer not null, password_changes integer not null
    default 0,
    must_change_password integer not null default 0, demo_password text,
    has_reset_token integer not null default 0,
    failed_attempts integer not null default 0, locked_at integer, locked_until integer
) strict;
create table former_password (
    id integer primary key, user_id integer not null references user(id) on delete cascade,
    password_hash text not null, retired_at integer not null
) strict;
create index former_password_user on former_password(user_id, id);

create table token (
    id integer primary key, user_id integer not null references user(id) on delete cascade,
    digest text not null unique, issued_at integer not null, issued_by text not null,
    retired_at integer, retired_by text, check ((retired_at is null) = (retired_by is null))
) strict;
create unique index one_live_token on token(user_id) where retired_at is null;

create table session (
    id integer primary key, user_id integer not null references user(id) on delete cascade,
    digest text not null unique, kind text not null, source_ip text not null,
    opened_at integer not null, used_at integer not null, password_expired integer not null default
    0,
    ended_at integer, ended_by text
) strict;
create index session_user on session(user_id) where ended_at is null;

create table mail (
    id integer primary key, user_id integer not null references user(id) on delete cascade,
    sent_at integer not null, subject text not null, body text not null,
    token text, link text, read_at integer, tried_dead_at integer
) strict;
create index mail_user on mail(user_id, id);
create table reset_link (
    id integer primary key, user_id integer not null references user(id) on delete cascade,
    digest text not null unique, asked_by text not null, made_at integer not null, used_at integer
) strict;

create table app (
    id integer primary key, name text not null unique, consumer_key text not null unique,
    consumer_secret text not null,
    flows text not null
) strict;
create table client (
    id integer primary key, name text not null unique, username text not null, password text not
    null,
    token text not null default '', network_id integer not null references network(id),
    protocol text not null check (protocol in ('soap', 'oauth')), api_version text not null,
    app_id integer references app(id),
    session text not null default '', light text not null default 'idle', told text not null default
    '', told_at integer
) strict;
create table account (
    id integer primary key, record_id text not null unique, name text not null, industry text not
    null
) strict;
create table setting (name text primary key, value text not null) strict, without rowid;

create table shape (id integer primary key, text text not null unique) strict;
create table trace (id integer primary key, text text not null unique) strict;
create table event (
    id integer primary key autoincrement, at integer not null, kind text not null,
    user_id integer, client_id integer, shape_id integer references shape(id), trace_id integer
    references trace(id),
    number integer, detail text not null default ''
) strict;
create index event_user on event(user_id, id);
create index event_client on event(client_id, id);
create table login_history (
    id integer primary key, user_id integer not null, login_time integer not null,
    shape_id integer not null, status text not null, event_id integer not null
) strict;
create index login_history_user on login_history(user_id, id);

-- For unknown usernames; gone again with format 6.
create table probe (
    id integer primary key, user_id integer not null, login_time integer not null,
    shape_id integer not null, status text not null, event_id integer not null
) strict;
create index probe_user on probe(user_id, id);
create table nobody (id integer primary key check (id = 1), failed_attempts integer not null)
strict;
insert into nobody values (1, 0);
"""
