"""The file under a running program: replaced, cut short or deleted, it is said in one sentence, and
not written to.
"""

import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from freshtoken_model.org import Org
from freshtoken_model.store.database import Follower, plainly
from freshtoken_model.store.orgfile import check_header
from freshtoken_model.store.whole_file import (
    MACHINE,
    NAME,
    make_folder,
    sweep,
    temporary_folder,
    write_whole,
)
from freshtoken_model.values.errors import NotAllowedError, OrgFileError

from ..world import FRESH, PASSWORD


def replace(path: Path) -> None:
    other = path.with_name("other.db")
    shutil.copy(path, other)
    other.rename(path)


def other(path: Path) -> Path:
    """Another org, of the same size or larger."""
    made = path.with_name("another.db")
    Org.create(made)
    with Org(made) as org:
        org.database.conn.execute("create table padding as select zeroblob(200000) as b")
        org.database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return made


def delete_and_make(path: Path) -> None:
    path.unlink()
    Org.create(path)


MISHAPS: dict[str, tuple[Callable[[Path], object], str]] = {
    "deleted": (Path.unlink, "is gone"),
    "replaced": (replace, "was replaced by another file"),
    "deleted and made again": (delete_and_make, "was replaced by another file"),
    "moved away": (lambda path: path.rename(path.with_name("elsewhere.db")), "is gone"),
    "another copied over it": (
        lambda path: shutil.copy(other(path), path),
        "was written over with another",
    ),
    "an older snapshot copied over it": (
        lambda path: shutil.copy(path.with_name("snapshot.db"), path),
        "was written over|was cut short",
    ),
    "emptied": (lambda path: os.truncate(path, 0), "was cut short"),
    "cut short": (lambda path: os.truncate(path, 8_192), "was cut short"),
}


@pytest.mark.parametrize("mishap", MISHAPS)
def test_a_file_that_is_no_longer_what_was_opened_is_said_and_not_written(
    org_file: Path, mishap: str
) -> None:
    happen, words = MISHAPS[mishap]
    with Org(org_file) as org:
        org.passwords.change("integration", PASSWORD, FRESH)
        org.snapshot(org_file.with_name("snapshot.db"))
        follower = Follower(org_file)
        happen(org_file)
        before = org_file.read_bytes() if org_file.exists() else None
        with pytest.raises(OrgFileError, match=words):
            org.tokens.reset("ada")
        with pytest.raises(OrgFileError, match=words):
            org.users.all()
        assert re.search(words, follower.file.trouble())
        assert "org restore" in follower.file.trouble(), "it names the way to put a copy back"
        assert follower.changed() in (True, False), "a follower never raises"
        follower.close()
    assert (org_file.read_bytes() if org_file.exists() else None) == before
    assert not Path(f"{org_file}-wal").exists(), (
        "the log of the old file is not played into the new one"
    )


def test_growing_is_no_mishap(org_file: Path) -> None:
    with Org(org_file) as one, Org(org_file) as two:
        for _ in range(3):
            one.passwords.forgot("integration")
            two.passwords.forgot("sam")
        one.database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        one.passwords.forgot("ada")
        assert two.users.all()


def test_an_org_whose_log_is_being_moved_into_it_is_an_org(org_file: Path) -> None:
    """While another process does that, the header names pages that are not in the file yet."""
    with org_file.open("r+b") as file:
        file.seek(28)
        pages = int.from_bytes(file.read(4), "big")
        file.seek(28)
        file.write((pages + 20).to_bytes(4, "big"))
    before = org_file.read_bytes()
    check_header(org_file)
    assert org_file.read_bytes() == before


@pytest.mark.parametrize("kind", ["dangling", "looping"])
def test_a_link_that_leads_nowhere_is_said(tmp_path: Path, org: Org, kind: str) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(tmp_path / "none.db" if kind == "dangling" else link)
    with pytest.raises(NotAllowedError):
        Org.create(link)
    with pytest.raises(NotAllowedError):
        org.snapshot(link)
    with pytest.raises(OrgFileError):
        Org(link)


def test_a_pipe_is_no_org_and_keeps_nobody_waiting(tmp_path: Path, org: Org) -> None:
    os.mkfifo(tmp_path / "pipe")
    for use in (Org, org.would_lose):
        with pytest.raises(OrgFileError, match="a pipe or a device"):
            use(tmp_path / "pipe")


def test_an_org_with_tables_missing_is_damaged_in_a_sentence(org_file: Path) -> None:
    conn = sqlite3.connect(org_file)
    conn.execute("alter table mail rename to lost")
    conn.commit()
    conn.close()
    with (
        pytest.raises(OrgFileError, match="The org file is damaged"),
        plainly(org_file),
        Org(org_file) as org,
    ):
        org.mail.all()


@pytest.mark.parametrize(
    "damage",
    [
        "update org set time_zone = 'Moon/Base'",
        "update org set created_release = 'Autumn'",
        "delete from org",
        "update shape set door = 'window'",
        "update trace set text = '['",
    ],
)
def test_a_value_that_nothing_wrote_is_damage_in_a_sentence(org_file: Path, damage: str) -> None:
    with Org(org_file) as org:
        org.database.conn.execute("PRAGMA foreign_keys=OFF")
        org.database.conn.execute(damage)
    with pytest.raises(OrgFileError, match="damaged"), Org(org_file) as org:
        org.history.logins()
        org.history.attempts(1)


# ---- Files written whole, and what a killed process leaves


def test_a_snapshot_is_whole_or_not_there(
    tmp_path: Path, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("freshtoken_model.store.database.place", fail)
    with pytest.raises(OrgFileError, match="No space left"):
        org.snapshot(tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()
    assert not [found for found in tmp_path.iterdir() if NAME.fullmatch(found.name)]


def ended_process() -> int:
    """The id of a process that is no more."""
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return child


def test_what_a_killed_process_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    gone, here = ended_process(), os.getpid()
    left_behind = [f".freshtoken-{MACHINE}-{gone}-abcdefg{n}" for n in range(3)]
    kept = [
        *(
            f".freshtoken-{MACHINE}-{here}-abcdefgh",
            f".freshtoken-000000-{gone}-abcdefgh",
            "freshtoken-2025-backup",
        ),
        *(
            f"freshtoken-{MACHINE}-{gone}-abcdefgh",
            f".freshtoken-{MACHINE}-{gone}-my-notes",
            f".freshtoken-{gone}",
            ".lab-x",
        ),
    ]
    for name in (*left_behind[:2], *kept):
        (tmp_path / name).mkdir(mode=0o700)
        (tmp_path / name / "thesis.txt").write_text("x")
    os.close(os.open(tmp_path / left_behind[2], os.O_CREAT | os.O_WRONLY, 0o600))
    link = tmp_path / f".freshtoken-{MACHINE}-{gone}-aaaaaaaa"
    link.symlink_to(tmp_path / ".lab-x")
    shared = tmp_path / f".freshtoken-{MACHINE}-{gone}-bbbbbbbb"
    shared.mkdir()
    shared.chmod(0o755)
    sweep(tmp_path)
    assert {found.name for found in tmp_path.iterdir()} == {*kept, link.name, shared.name}
    sweep(tmp_path / "not there")


def test_what_is_made_here_has_a_name_that_is_swept(tmp_path: Path) -> None:
    with temporary_folder(tmp_path) as folder:
        assert NAME.fullmatch(Path(folder).name)
    with temporary_folder() as folder:
        assert NAME.fullmatch(Path(folder).name)


def test_a_file_is_replaced_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_whole(path, "old")
    assert path.stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OSError, match="full"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_folders_are_their_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_folder(tmp_path / "data" / "freshtoken" / "labs")
        with temporary_folder(tmp_path) as folder:
            made = [
                tmp_path / "data",
                tmp_path / "data" / "freshtoken",
                tmp_path / "data" / "freshtoken" / "labs",
                Path(folder),
            ]
            assert [path.stat().st_mode & 0o777 for path in made] == [0o700] * 4
    finally:
        os.umask(before)
