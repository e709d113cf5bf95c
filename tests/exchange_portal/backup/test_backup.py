"""Backup, wipe, restore: byte-equal files and equal rows, with the portal in use meanwhile."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from applications import lifecycle, mails
from applications.lifecycle import storing
from applications.models import Document, User
from exchange_portal.backup import afterwards, dumping, programs, restoring, snapshot
from exchange_portal.backup.manifest import BackupRefused, Manifest, sha256_of
from tests import factories, real_workers
from tests.exchange_portal.backup.elsewhere import (
    connected_to,
    empty_database,
    files_below,
    rows_of_all_tables,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def in_use(settings):
    """The portal with what migrations load, three drafts with files, one of them replaced."""
    real_workers.load_migrated_data()
    documents = factories.DocumentFactory.create_batch(3)
    replaced = documents[0]
    Document.objects.filter(pk=replaced.pk).update(
        current=False, uploaded_at=timezone.now() - timedelta(days=3)
    )
    path = lifecycle.stored_path(replaced.stored_name)
    long_ago = (timezone.now() - timedelta(days=3)).timestamp()
    os.utime(path, (long_ago, long_ago))
    return settings.PORTAL_FILES


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def while_it_is_dumped(monkeypatch, step):
    """Do something by another connection after the instant of the backup, before its rows."""
    run = programs.run

    def used_meanwhile(argv):
        def then_leave():
            try:
                return step()
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            pool.submit(then_leave).result()
        run(argv)

    monkeypatch.setattr(programs, "run", used_meanwhile)


def restored_told_and_held(folder, waiting, capsys):
    """What went on since is told, and the mail that waited goes out by a person alone."""
    assert list(mails.given_up().values_list("pk", "attempts", "error")) == [
        (waiting.pk, mails.MOST_ATTEMPTS, afterwards.HELD)
    ]
    told = capsys.readouterr().out
    assert "mails held, as they may have gone out since: 1." in told
    steps = ("withdraw_access", "Requests for erasure", "purge_expired", "release_mails")
    assert [step for step in steps if step not in told] == []
    assert f"What was done after {Manifest.read(folder).made_at} is undone." in told
    call_command("release_mails")
    assert afterwards.HELD in capsys.readouterr().out
    with pytest.raises(CommandError, match="Not among those that wait for a person: 9999"):
        call_command("release_mails", waiting.pk, 9999)
    assert mails.send_due(timezone.now) == 0
    call_command("release_mails", waiting.pk)
    assert (mails.send_due(timezone.now), mails.given_up().count()) == (1, 0)


def other_rows_are_refused(folder):
    """Rows that are not those of the list: in the transaction that brought them."""
    said = Manifest.read(folder)
    user = said.tables["applications_user"]
    tables = {**said.tables, "applications_user": replace(user, sum=user.sum + "0")}
    # And a table the list does not know.
    del tables["django_session"]
    replace(said, tables=tables).write(folder)
    with pytest.raises(
        BackupRefused, match=r"these tables differ: applications_user, django_session$"
    ):
        restoring.restore(folder, replace=True)


def test_backup_wipe_restore(in_use, settings, tmp_path, monkeypatch, capsys):
    SessionStore().create()
    factories.OutgoingMailFactory.create(attempts=2)
    waiting = factories.OutgoingMailFactory.create(sent=False, attempts=2, error="ran: away")
    before, files = rows_of_all_tables(), files_below(in_use)
    gone_on = {"django_session", "applications_outgoingmail"}
    assert len(files) == 3
    folder = tmp_path / "backups" / "first"
    removed = []

    def go_on():
        factories.DocumentFactory.create()
        removed.append(lifecycle.purge_files(now=timezone.now()))

    with monkeypatch.context() as patch:
        while_it_is_dumped(patch, go_on)
        call_command("backup", str(folder))

    # The row of the replaced file went; the file waits for the end of the backup.
    assert removed == [0]
    assert Document.objects.count() == 3
    assert len(files_below(in_use)) == 4
    assert lifecycle.purge_files(now=timezone.now()) == 1
    assert names_in(folder.parent) == ["first"]
    assert "PORTAL_FIELD_KEYS is not in it" in capsys.readouterr().out

    settings.PORTAL_FILES = tmp_path / "wiped"
    with empty_database() as elsewhere, connected_to(elsewhere):
        call_command("restore", str(folder))
        after = rows_of_all_tables()
        assert {name for name in before if after[name] != before[name]} == gone_on
        assert after.keys() == before.keys()
        # Nobody is signed in by it, and what may have gone out since goes out by a person only.
        assert after["django_session"] == []
        assert mails.send_due(timezone.now) == 0
        restored_told_and_held(folder, waiting, capsys)
        assert files_below(settings.PORTAL_FILES) == files

        # Keys go on where they were, and the guards are there: what was restored can be used.
        factories.DocumentFactory.create()
        refused = "has tables: name an empty one"
        with pytest.raises(CommandError, match=refused) as error:
            call_command("restore", str(folder))
        assert error.value.returncode == 2
        call_command("restore", str(folder), "--replace")
        assert rows_of_all_tables() == after

        # Somebody still uses the portal: nothing is dropped, and nobody waits long.
        User.objects.update(given_names="Still here")
        monkeypatch.setattr(restoring, "AFRESH", restoring.AFRESH.replace("'20s'", "'100ms'"))
        holder = connection.copy()
        with holder.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT count(*) FROM applications_user")
            with pytest.raises(BackupRefused, match="lock timeout"):
                restoring.restore(folder, replace=True)
        holder.close()
        other_rows_are_refused(folder)
        assert set(User.objects.values_list("given_names", flat=True)) == {"Still here"}


@pytest.mark.usefixtures("in_use")
def test_lost_and_changed_files_are_named_and_the_rest_is_saved(tmp_path):
    names = (
        Document.objects.filter(current=True).order_by("pk").values_list("stored_name", flat=True)
    )
    lost, changed = names
    lifecycle.stored_path(lost).unlink()
    lifecycle.stored_path(changed).write_bytes(b"rotten")
    folder = tmp_path / "backups" / "first"
    with pytest.raises(CommandError, match="The backup was made, but these files") as told:
        call_command("backup", str(folder))
    assert told.value.returncode == 1
    assert all(name in str(told.value) for name in (lost, changed))
    manifest = Manifest.read(folder)
    assert (manifest.missing, manifest.unsound()) == ([lost], sorted([lost, changed]))
    dumping.check(folder, manifest)
    assert len(files_below(folder / "files")) == 2


def test_password_is_in_no_argument(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "of the database")
    assert programs._connected()[1]["PGPASSWORD"] == "of the database"
    assert not [word for word in programs.database() if "of the database" in word]


def test_older_programs_are_not_taken(monkeypatch):
    monkeypatch.setattr(programs, "_version_of", lambda _program: 11)
    with pytest.raises(BackupRefused, match=r"No pg_dump of PostgreSQL \d+ or newer"):
        programs.find("pg_dump")


def test_sum_of_a_table_changes_with_any_value():
    user = factories.UserFactory.create(given_names="A")
    sums = []
    for name in ("A", "B", "A"):
        User.objects.filter(pk=user.pk).update(given_names=name)
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            sums.append(snapshot.count()["applications_user"])
            cursor.execute("ROLLBACK")
    assert (sums[0] == sums[2], sums[0] == sums[1]) == (True, False)


# -- what is refused before anything is touched --------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """A backup as far as its list goes, made without a database."""
    folder = tmp_path / "backup"
    names = {}
    for data in (b"one", b"two"):
        name = lifecycle.storing.name_of(data)
        lifecycle.storing.write(folder / "files" / name[:2] / name, data)
        names[name] = name.removesuffix(".pdf")
    (folder / "database.dump").write_bytes(b"rows")
    Manifest(
        made_at="2027-01-10T12:00:00+00:00",
        postgresql=180000,
        dump_sha256=sha256_of(folder / "database.dump"),
        dump_bytes=4,
        files=names,
        missing=[],
        tables={},
    ).write(folder)
    dumping.check(folder, Manifest.read(folder))
    return folder


def a_file(folder):
    return next((folder / "files").glob("??/*"))


FAULTS = {
    "byte changed": lambda folder: a_file(folder).write_bytes(b"oNe"),
    "file missing": lambda folder: a_file(folder).unlink(),
    "file elsewhere": lambda folder: (
        storing.write(folder / "files" / "zz" / a_file(folder).name, a_file(folder).read_bytes())
        or a_file(folder).unlink()
    ),
    "file too many": lambda folder: a_file(folder).with_name("x.pdf").write_bytes(b""),
    "dump cut": lambda folder: (folder / "database.dump").write_bytes(b"row"),
    "dump missing": lambda folder: (folder / "database.dump").unlink(),
    "no list": lambda folder: (folder / "manifest.json").unlink(),
    "list cut": lambda folder: (folder / "manifest.json").write_text("{"),
    "another format": lambda folder: (folder / "manifest.json").write_text(
        (folder / "manifest.json").read_text().replace('"format": 1', '"format": 2')
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_damaged_backup_is_not_brought_back(folder, settings, fault, monkeypatch):
    monkeypatch.setattr(restoring, "_read_rows", lambda *_args: pytest.fail("rows were read"))
    FAULTS[fault](folder)
    with pytest.raises(CommandError) as refused:
        call_command("restore", str(folder), "--replace")
    assert refused.value.returncode == 2
    assert not settings.PORTAL_FILES.exists()


def test_backup_overwrites_nothing(folder):
    before = sorted(path.name for path in folder.rglob("*"))
    with pytest.raises(CommandError, match="is not empty") as refused:
        call_command("backup", str(folder))
    assert refused.value.returncode == 2
    assert sorted(path.name for path in folder.rglob("*")) == before
    assert names_in(folder.parent) == ["backup"]
