"""The command line, as an operator types it."""

import base64
import contextlib
import io
import json
import os
import re
import secrets
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest
from cyclopts import App

from connectors.kit import registry
from hub.cli import app, main
from hub.settings import Settings
from sandbox.bank import make_key, public_jwks
from tests.running import CEB, RELOADLY, Running, hub_command

Done = subprocess.CompletedProcess[str]


def typed(*arguments: str, **environment: str) -> Done:
    """`hub …`, with no HUB_ setting but these: what starts a server in a process of its own, the rest in this one."""
    if arguments[0] in {"serve", "work"}:
        return hub_command(*arguments, **environment)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    out, err, status = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.dict(os.environ, clean | environment, clear=True),
        mock.patch.object(sys, "argv", ["hub", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as left:
            status = int(left.code or 0)
    return Done(arguments, status, out.getvalue(), err.getvalue())


def commands(of: App, *words: str) -> Iterator[tuple[str, ...]]:
    """Every command with its groups, without help and version."""
    for name in of:
        if name.startswith("-"):
            continue
        path = (*words, name)
        yield path
        yield from commands(of[name], *path)


def help_of(capsys: pytest.CaptureFixture[str], *path: str) -> str:
    with pytest.raises(SystemExit) as left:
        app([*path, "--help"])
    assert left.value.code == 0
    return capsys.readouterr().out


def error_of(done: Done, status: int = 2) -> str:
    """What an operator reads: one line on standard error, and no stack trace."""
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error: "), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@dataclass
class Office:
    """A folder with a database, and `hub` with its settings."""

    folder: Path
    environment: dict[str, str]

    def hub(self, *arguments: str, **environment: str) -> Done:
        return typed(*arguments, **self.environment | environment)

    def said(self, *arguments: str) -> str:
        done = self.hub(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Office:
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return Office(tmp_path, {"HUB_DATABASE_URL": database_url, "HUB_MASTER_KEY": key})


@pytest.fixture
def sqlite_office(sqlite_url: str, tmp_path: Path) -> Office:
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return Office(tmp_path, {"HUB_DATABASE_URL": sqlite_url, "HUB_MASTER_KEY": key})


def beside(hub: Running, *arguments: str) -> Done:
    """With the settings of a hub that may be running."""
    return typed(*arguments, "--env-file", str(hub.place.settings))


class TestHelp:
    """What a stranger reads first."""

    @pytest.mark.parametrize("path", [(), *commands(app)], ids=" ".join)
    def test_every_command_explains_itself(self, path: tuple[str, ...], capsys: pytest.CaptureFixture[str]):
        """Each has a sentence of its own, and a word on every parameter."""
        shown = help_of(capsys, *path)
        assert f"Usage: {' '.join(('hub', *path))}" in shown
        paragraphs = re.split(r"\n\s*\n", shown)
        assert paragraphs[1].strip().endswith("."), shown
        for line in shown.splitlines():
            parameter = re.match(r"│ [* ] +(?:[A-Z-]+ )?--?[a-z-]+(?: [A-Z.]+)*(.*)│$", line)
            if parameter and "--help" not in line:
                assert parameter[1].strip(), f"nothing is said about: {line}"

    def test_every_command_is_there(self):
        """The commands that the documentation names."""
        named = {" ".join(path) for path in commands(app)}
        assert named >= {
            "serve", "work", "sandbox", "demo", "db upgrade", "bank add", "bank list", "bank suspend", "bank resume",
            "client add", "client list", "client deactivate", "partner account set", "connector list", "order show",
            "audit verify", "openapi",
        }  # fmt: skip

    def test_serve_tells_its_settings(self, capsys: pytest.CaptureFixture[str]):
        """Nobody has to look elsewhere for the settings."""
        shown = help_of(capsys, "serve")
        assert all(f"HUB_{name.upper()}" in shown for name in Settings.__struct_fields__)

    def test_the_version(self):
        """It is the distribution's."""
        assert re.fullmatch(r"\d+\.\d+\.\d+", typed("--version").stdout.strip())
        assert typed("--version").stdout.strip() != "0.0.0"

    @pytest.mark.parametrize("words", [("nonsense",), ("bank", "add"), ("serve", "--bogus"), ("demo", "--port", "x")])
    def test_what_is_mistyped(self, words: tuple[str, ...]):
        """A mistyped command says what is wrong and leaves with 2."""
        done = typed(*words)
        assert done.returncode == 2
        assert "Traceback" not in done.stdout + done.stderr
        assert words[-1].lstrip("-") in done.stdout + done.stderr


class TestAdministration:
    """From an empty database to a client."""

    def test_a_new_database(self, tmp_path: Path):
        """`hub db upgrade` makes the database, tells its version, and may be repeated."""
        url = f"sqlite:///{tmp_path}/new/hub.db"
        first, second = (typed("db", "upgrade", HUB_DATABASE_URL=url) for _ in range(2))
        assert first.returncode == second.returncode == 0, first.stderr
        assert first.stdout == second.stdout
        assert re.search(r"version \d+", first.stdout)

    def test_a_database_from_nothing_on_postgresql(self, databases):
        """The same on PostgreSQL."""
        with databases.fresh("template0") as url:
            assert "version" in typed("db", "upgrade", HUB_DATABASE_URL=url).stdout

    def test_a_bank_its_client_and_its_accounts(self, office: Office, live_hub: Running):
        """Each step prints what the next one needs, and is told what it lacks."""
        tenant = office.said("bank", "add", "first-bank")
        assert tenant.startswith("bnk_")
        assert "first-bank" in office.said("bank", "list")
        assert "there is already a bank named first-bank" in error_of(office.hub("bank", "add", "first-bank"))
        assert "lower-case" in error_of(office.hub("bank", "add", "First Bank"))

        jwks = office.folder / "jwks.json"
        jwks.write_bytes(public_jwks(make_key()))
        add = ("client", "add", "app", "--scope", "utility-bills:read", "--scope", "utility-bills:pay")
        assert "no bank named" in error_of(office.hub(*add, "--bank", "nobody", "--jwks", str(jwks)))
        assert "--jwks none.json" in error_of(office.hub(*add, "--bank", "first-bank", "--jwks", "none.json"))
        unknown = ("client", "add", "app", "--scope", "utility-bills:steal", "--bank", "first-bank")
        assert "utility-bills:steal" in error_of(office.hub(*unknown, "--jwks", str(jwks)))
        client = office.said(*add, "--bank", "first-bank", "--jwks", str(jwks))
        assert client.startswith("cli_")
        assert {client, "active", "utility-bills:pay"} <= set(office.said("client", "list", "first-bank").split())
        assert office.hub("client", "deactivate", client).returncode == 0
        assert {client, "inactive"} <= set(office.said("client", "list", "first-bank").split())
        assert "cli_none" in error_of(office.hub("client", "deactivate", "cli_none"))

        file = office.folder / "account.json"
        file.write_text("{}")
        account = ("partner", "account", "set", "first-bank")
        assert "--file none.json" in error_of(office.hub(*account, CEB, "--file", "none.json"))
        assert "nobody_pays" in error_of(office.hub(*account, "nobody_pays", "--file", str(file)))
        assert CEB in error_of(office.hub(*account, CEB, "--file", str(file)))

    def test_a_bank_is_shut_out_and_let_in(self, office: Office):
        """One command each, and the list tells."""
        office.said("bank", "add", "first-bank")
        for command, status in (("suspend", "suspended"), ("resume", "active")):
            assert office.hub("bank", command, "first-bank").returncode == 0
            assert status in office.said("bank", "list").split()
            assert "no bank named" in error_of(office.hub("bank", command, "nobody"))

    def test_private_keys_stay_out(self, sqlite_office: Office):
        """A JWK set with private halves is refused."""
        sqlite_office.said("bank", "add", "first-bank")
        jwks = sqlite_office.folder / "jwks.json"
        jwks.write_text(json.dumps({"keys": [make_key()]}))
        refused = sqlite_office.hub(
            "client", "add", "app", "--scope", "utility-bills:pay", "--bank", "first-bank", "--jwks", str(jwks)
        )
        assert "private" in error_of(refused)

    def test_connectors(self):
        """`hub connector list` needs no setting, and names what each partner offers."""
        listed = typed("connector", "list")
        assert listed.returncode == 0
        manifests = [found.manifest for found in registry.find().values()]
        offered = {name for manifest in manifests for names in manifest.offers.values() for name in names}
        assert {manifest.name for manifest in manifests} | offered <= set(listed.stdout.split())

    def test_the_document(self):
        """`hub openapi` prints the document and nothing else."""
        document = json.loads(typed("openapi").stdout)
        assert document["openapi"].startswith("3.1")
        assert "/v1/utility-bills/payments" in document["paths"]


class TestTrouble:
    """One line that says what to do, and exit status 2."""

    @pytest.mark.parametrize("command", [("serve",), ("bank", "list"), ("bank", "add", "b-1"), ("order", "show", "x")])
    def test_an_unknown_setting(self, command: tuple[str, ...], sqlite_office: Office):
        """Every command that reads settings refuses one that it does not know."""
        assert "HUB_PROT" in error_of(sqlite_office.hub(*command, HUB_PROT="1"))

    @pytest.mark.parametrize(
        "command", [("serve",), ("bank", "add", "b-1"), ("bank", "list"), ("audit", "verify"), ("order", "show", "x")]
    )
    @pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
    def test_a_database_without_tables(
        self, command: tuple[str, ...], kind: str, tmp_path: Path, request: pytest.FixtureRequest
    ):
        """On a database that was not upgraded, every command says how to."""
        key = base64.b64encode(b"k" * 32).decode()
        if kind == "sqlite":
            sqlite3.connect(tmp_path / "empty.db").close()
            (tmp_path / "empty.db").touch()
            done = typed(*command, HUB_DATABASE_URL=f"sqlite:///{tmp_path}/empty.db", HUB_MASTER_KEY=key, HUB_PORT="0")
        else:
            with request.getfixturevalue("databases").fresh("template0") as url:
                done = typed(*command, HUB_DATABASE_URL=url, HUB_MASTER_KEY=key, HUB_PORT="0")
        assert "run `hub db upgrade`" in error_of(done)

    def test_no_database_at_all(self, tmp_path: Path):
        """Looking at a file that is not there says so, and does not make it."""
        url = f"sqlite:///{tmp_path}/none.db"
        assert "none.db" in error_of(typed("bank", "list", HUB_DATABASE_URL=url))
        assert not (tmp_path / "none.db").exists()

    def test_no_server(self, tmp_path: Path):
        """A PostgreSQL that cannot be reached is told as that."""
        url = f"postgresql://postgres@/hub?host={tmp_path}"
        key = base64.b64encode(b"k" * 32).decode()
        for command in (("bank", "list"), ("db", "upgrade"), ("serve",)):
            error_of(typed(*command, HUB_DATABASE_URL=url, HUB_MASTER_KEY=key, HUB_PORT="0"))

    def test_no_master_key(self, sqlite_office: Office):
        """Without a master key nothing starts that would need it later."""
        for command in (("serve",), ("bank", "add", "b-1"), ("audit", "verify")):
            assert "HUB_MASTER_KEY" in error_of(sqlite_office.hub(*command, HUB_MASTER_KEY=""))

    def test_another_master_key(self, office: Office):
        """A key that is not the database's is told at the start, before anything is sealed with it."""
        office.said("bank", "add", "first-bank")
        other = base64.b64encode(secrets.token_bytes(32)).decode()
        for command in (("serve",), ("bank", "add", "b-1"), ("audit", "verify")):
            refused = error_of(office.hub(*command, HUB_MASTER_KEY=other, HUB_PORT="0"))
            assert "HUB_MASTER_KEY is not the key that this database was sealed with" in refused
        assert "b-1" not in office.said("bank", "list")

    def test_an_unknown_partner(self, sqlite_office: Office):
        """A partner that is to be enabled and is not installed stops the start."""
        refused = error_of(sqlite_office.hub("serve", HUB_CONNECTORS="ceb_chanel", HUB_PORT="0"))
        assert "HUB_CONNECTORS" in refused
        assert CEB in refused

    def test_a_busy_port(self, sqlite_office: Office):
        """The port that somebody else has is named."""
        with socket.create_server(("127.0.0.1", 0)) as held:
            port = held.getsockname()[1]
            refused = error_of(sqlite_office.hub("serve", HUB_PORT=str(port)))
        assert "HUB_PORT" in refused
        assert str(port) in refused

    def test_an_address_of_nobody(self, sqlite_office: Office):
        """An address that this machine does not have is blamed on the host, not on the port."""
        assert "HUB_HOST" in error_of(sqlite_office.hub("serve", HUB_HOST="192.0.2.1", HUB_PORT="0"))

    def test_a_worker_on_sqlite(self, sqlite_office: Office):
        """`hub work` refuses where one process writes."""
        assert "`hub serve` includes the worker" in error_of(sqlite_office.hub("work"))

    def test_no_such_order(self, sqlite_office: Office):
        """Asking for an order that does not exist names it."""
        assert "ord_none" in error_of(sqlite_office.hub("order", "show", "ord_none"))


class TestBesideAHub:
    """While `hub serve` runs on SQLite."""

    def test_writing_waits_its_turn(self, live_hub: Running):
        """A command that writes says who has the database, and what to do."""
        refused = error_of(beside(live_hub, "bank", "add", "late-bank"))
        assert live_hub.process is not None
        assert f"pid {live_hub.process.pid}" in refused
        assert "stop it" in refused

    def test_a_second_hub(self, live_hub: Running):
        """So does a second hub."""
        settings = live_hub.place.settings.read_text()
        other = live_hub.place.var / "second.env"
        other.write_text(re.sub("HUB_PORT=.*", "HUB_PORT=0", settings))
        assert "is in use by another process" in error_of(typed("serve", "--env-file", str(other)))

    def test_looking_is_always_possible(self, live_hub: Running):
        """Orders, banks and the audit can be looked at beside the hub."""
        order = live_hub.pay(live_hub.payment(RELOADLY, "6600112233")).raise_for_status().json()
        live_hub.settled(order["order_id"])
        shown = json.loads(beside(live_hub, "order", "show", order["order_id"]).stdout)
        assert shown["order_id"] == order["order_id"]
        assert shown["timeline"][0]["what"] == "journalled"
        assert shown["result"] == "(sealed)"
        assert "demo-bank" in beside(live_hub, "bank", "list").stdout
        verified = beside(live_hub, "audit", "verify")
        assert verified.returncode == 0
        assert "intact" in verified.stdout

    def test_tampering_is_told(self, tmp_path: Path):
        """`hub audit verify` leaves with 1 where a record was altered, and names it."""
        hub = Running(tmp_path)
        try:
            hub.start()
            hub.token()
            hub.stop()
            with sqlite3.connect(tmp_path / "hub.db") as database:
                database.execute("UPDATE audit_records SET body = body || x'20'")
            database.close()
            verified = beside(hub, "audit", "verify")
            assert verified.returncode == 1
            assert "MODIFIED" in verified.stdout
        finally:
            hub.close()
