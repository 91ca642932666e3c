"""The file is private, migrated, and refused with one sentence when it cannot be used."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

import peerwatt
from peerwatt.history import History, HistoryFault, PowerSample, migrations
from peerwatt.history import database as database_module
from peerwatt.history.database import Database
from peerwatt.history.tables import METADATA


def test_the_migrations_make_exactly_the_tables_of_the_code(path: Path) -> None:
    database = Database.open(path)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
        assert context.get_current_revision() == migrations.HEAD
        sql = dict(connection.exec_driver_sql("SELECT name, sql FROM sqlite_master").all())
    assert "WITHOUT ROWID" in sql["twin_record"]
    assert "AUTOINCREMENT" in sql["notice"]
    database.close()


def test_the_revisions_form_one_line() -> None:
    downs = [module.down_revision for module in migrations.REVISIONS]
    names = [module.revision for module in migrations.REVISIONS]
    assert downs == [None, *names[:-1]]


def test_opening_again_migrates_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    History.open(path).close()

    def fail(_: object) -> None:
        raise AssertionError("migrated again")

    monkeypatch.setattr(migrations, "upgrade", fail)
    History.open(path).close()


def test_a_failed_migration_leaves_no_half_schema(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        from alembic import op

        op.execute("CREATE TABLE half (x)")
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(migrations.REVISIONS[0], "upgrade", broken)
        with pytest.raises(RuntimeError, match="power cut"):
            Database.open(path)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    connection.close()
    History.open(path).close()


def test_the_files_are_for_their_owner_only(history: History) -> None:
    history.meta.set("a", 1)
    files = list(history.path.parent.iterdir())
    assert {file.name for file in files} >= {"history.sqlite", "history.sqlite-wal"}
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert history.path.parent.stat().st_mode & 0o777 == 0o700


def test_durable_writes_sync_and_others_do_not(path: Path) -> None:
    database = Database.open(path)
    for durable, level in ((True, 2), (False, 1), (True, 2)):
        with database.write(durable=durable) as connection:
            assert connection.execute(text("PRAGMA synchronous")).scalar() == level
            assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
    database.close()


def test_an_exception_rolls_back(history: History) -> None:
    def fail() -> None:
        with history._database.write() as connection:
            connection.execute(text("INSERT INTO meta VALUES ('a', '1')"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert history.meta.items() == {}


def test_closing_leaves_one_file(path: Path) -> None:
    history = History.open(path)
    history.power.append(PowerSample(1000.0, 1.0))
    history.close()
    history.close()
    assert [file.name for file in path.parent.iterdir()] == ["history.sqlite"]
    with pytest.raises(HistoryFault, match=r"history.sqlite is closed; start the engine again\.$"):
        history.meta.get("a")


def _set_version(path: Path, version: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
    connection.commit()
    connection.close()


def test_a_newer_schema_is_refused_and_left_alone(path: Path) -> None:
    History.open(path).close()
    _set_version(path, "9999")
    before = path.read_bytes()
    with pytest.raises(
        HistoryFault, match=r"written by a newer Peerwatt \(schema 9999\); install that version"
    ):
        History.open(path)
    assert path.read_bytes() == before


def test_a_foreign_database_is_refused(path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE recipes (name)")
    connection.commit()
    connection.close()
    with pytest.raises(HistoryFault, match=r"is no history of Peerwatt; move it away\."):
        History.open(path)


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"This is a shopping list, not a database. " * 100)
    before = path.read_bytes()
    with pytest.raises(HistoryFault, match=r"history\.sqlite is damaged; put back a copy of it"):
        History.open(path)
    assert path.read_bytes() == before


def test_damage_inside_the_file_is_said_when_it_is_met(path: Path) -> None:
    history = History.open(path)
    for second in range(4000):
        history.power.append(PowerSample(float(second), 1.5, 2.5, 3.5, 4.5, 5.5, 50.5))
    history.close()
    with path.open("r+b") as file:
        file.seek(0, 2)
        size = file.tell()
        file.seek(4096 * 40)
        file.write(b"\xff" * (size - 4096 * 40))
    with pytest.raises(HistoryFault, match="is damaged; put back a copy of it, or move it away"):
        History.open(path).power.power(0, 4000, 1)


def test_a_full_disk_is_said_and_nothing_is_lost_when_there_is_room_again(
    history: History,
) -> None:
    def limit(pages: int) -> None:
        with history._database.write() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    appended = 0

    def append_for_ever() -> None:
        nonlocal appended
        while True:
            appended += 1
            history.power.append(PowerSample(float(appended), 1.0))

    limit(1)
    with pytest.raises(HistoryFault, match=r"is full; free some space on it\.$"):
        append_for_ever()
    assert appended > 5
    limit(1_000_000)
    assert history.power.count() == appended


def test_a_file_held_by_another_program_is_said(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_MS", 20)
    history = History.open(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(HistoryFault, match="Another program holds the history file"):
        history.meta.set("a", 1)
    other.execute("ROLLBACK")
    other.close()
    history.meta.set("a", 2)
    assert history.meta.get("a") == 2
    history.close()


def test_a_folder_in_the_way_is_said(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(HistoryFault, match=r"cannot be opened \(Is a directory\)"):
        History.open(path)


def test_many_threads_may_read_and_write(history: History) -> None:
    faults: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for step in range(30):
                history.meta.set(f"{number}", step)
                assert history.meta.get(f"{number}") == step
                history.power.append(PowerSample(1e6 + number * 1000 + step, float(step)))
                history.power.power(1e6 + number * 1000, 1e6 + number * 1000 + 30, 1)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert history.meta.items() == {str(number): 29 for number in range(8)}
    assert history.power.count() == 240


def test_the_migrations_are_found_where_the_program_is_no_folder_on_disk(tmp_path: Path) -> None:
    package = Path(peerwatt.__file__).parent
    archive = tmp_path / "frozen.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name in ("history", "model"):
            for source in (package / name).rglob("*.py"):
                file.write(source, source.relative_to(package.parent))
        file.write(package / "__init__.py", "peerwatt/__init__.py")
    code = (
        "import sys, peerwatt.history as module; from pathlib import Path; "
        "history = module.History.open(Path(sys.argv[1])); history.meta.set('a', 1); "
        "print(module.__file__, history.meta.get('a'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "h.sqlite")],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(archive)},
    )
    assert done.stdout.split() == [f"{archive}/peerwatt/history/__init__.py", "1"]
