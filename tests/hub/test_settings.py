import base64
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.settings import PREFIX, SettingError, Settings, explained, parse_duration

NAMES = [PREFIX + name.upper() for name in Settings.__struct_fields__]
KEY = base64.b64encode(b"k" * 32).decode()

BAD = {
    "HUB_DATABASE_URL": [
        "", "hub.db", "mysql://h/x", "sqlite://", "sqlite:///", "sqlite:///:memory:", "postgres://h/x",
        "postgresql+psycopg://h/x", "postgresql://h:port/x",
    ],
    "HUB_PORT": ["", "http", "-1", "65536", "80 80", "８０８０", "1_000", "80.5", "NaN"],
    "HUB_PUBLIC_URL": ["hub.example", "ftp://hub.example", "https://", "https://hub.example/api", "https://h?x", "http://["],
    "HUB_LOG_LEVEL": ["", "INFO", "verbose"],
    "HUB_ENQUIRY_SCHEDULE": ["", ",", "5s,,30s", "5s;30s", "0s", "soon"],
    "HUB_PARTNER_PATIENCE": ["0s", "2", "two", "-2s"],
    "HUB_DRAIN": ["", "30", "30 s", "-1s", "1e3s", "１s", "infinite", "9" * 400 + "d", "100000d"],
    "HUB_ORDER_WAIT": ["", "25"],
    "HUB_QUERY_KEPT": ["forever"],
}  # fmt: skip


def test_defaults_need_no_setting():
    """A hub with no setting at all is one on SQLite on this machine."""
    settings = Settings.read({})
    assert settings == Settings()
    assert settings.issuer == "http://127.0.0.1:8080"
    assert settings.enabled is None


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_what_cannot_be_used_is_named(name: str, value: str, tmp_path: Path):
    """A bad value stops the start and names its variable, from the environment and from a file alike."""
    with pytest.raises(SettingError, match=rf"^{name}\b"):
        Settings.read({name: value})
    if "\n" not in value:
        file = tmp_path / "hub.env"
        file.write_text(f"{name}={value}\n", "utf-8")
        with pytest.raises(SettingError, match=rf"^{name}\b"):
            Settings.read({}, file)


@pytest.mark.parametrize("name", ["HUB_PROT", "HUB_", "HUB_MASTERKEY", "HUB_PORT_"])
def test_what_is_unknown_is_named(name: str, tmp_path: Path):
    """A misspelt setting is no setting: it stops the start, and the known ones are listed."""
    file = tmp_path / "hub.env"
    file.write_text(f"{name}=1\n")
    for read in (lambda: Settings.read({name: "1"}), lambda: Settings.read({}, file)):
        with pytest.raises(SettingError, match=rf"^{name} is no setting") as refused:
            read()
        assert all(known in str(refused.value) for known in NAMES)


def test_other_programs_variables_do_not_count():
    """Only what begins with HUB_ is a setting."""
    assert Settings.read({"PATH": "/bin", "HUBBLE": "1", "hub_port": "x"}) == Settings()


def test_an_env_file(tmp_path: Path):
    """Blank lines and comments do not count, a value may hold an equals sign, and the file goes first."""
    file = tmp_path / "hub.env"
    text = f"\ufeff# the hub\n\n  HUB_MASTER_KEY = {KEY}\r\nHUB_PORT=9000\n# HUB_PORT=1\n"
    file.write_text(text, "utf-8", newline="")
    settings = Settings.read({"HUB_PORT": "1234", "HUB_DRAIN": "5s"}, file)
    assert (settings.port, settings.drain) == (9000, "5s")
    assert settings.key() == b"k" * 32


@pytest.mark.parametrize("content", [b"HUB_PORT\n", b"HUB_PORT=1\nnonsense\n", b"\xff\xfe"])
def test_a_file_that_is_none(tmp_path: Path, content: bytes):
    """What is no NAME=value is refused with the file's name, and where it can be told, the line's number."""
    file = tmp_path / "hub.env"
    file.write_bytes(content)
    with pytest.raises(SettingError, match=r"hub\.env"):
        Settings.read({}, file)


def test_a_missing_file(tmp_path: Path):
    """A file that is not there is an error, and not an empty one."""
    with pytest.raises(SettingError, match=r"none\.env"):
        Settings.read({}, tmp_path / "none.env")


@pytest.mark.parametrize("key", ["", "short", "x" * 44, base64.b64encode(b"k" * 31).decode(), KEY + "!"])
def test_a_bad_master_key(key: str):
    """Anything but 32 bytes in Base64 is refused, without repeating it."""
    with pytest.raises(SettingError, match=r"^HUB_MASTER_KEY") as refused:
        Settings.read({"HUB_MASTER_KEY": key}).key()
    assert not key or key not in str(refused.value)


def test_a_password_is_not_repeated():
    """An unusable database URL is not printed: it may hold a password."""
    with pytest.raises(SettingError) as refused:
        Settings.read({"HUB_DATABASE_URL": "oracle://hub:s3cret@db/x"})
    assert "s3cret" not in str(refused.value)


def test_the_issuer():
    """The address that banks use; without one, where the hub listens."""
    assert Settings(public_url="https://hub.example/").issuer == "https://hub.example"
    assert Settings(host="::1", port=1).issuer == "http://[::1]:1"


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("250ms", timedelta(milliseconds=250)),
        (" 1.5s ", timedelta(seconds=1.5)),
        ("2m", timedelta(minutes=2)),
        ("1h", timedelta(hours=1)),
        ("366d", timedelta(days=366)),
        ("0s", timedelta(0)),
    ],
)
def test_spans_of_time(text: str, span: timedelta):
    """A number and a unit."""
    assert parse_duration(text) == span


def test_every_setting_is_explained():
    """Whoever asks for help learns each setting, what it means, and its default."""
    lines = explained()
    assert [line.partition(":")[0] for line in lines] == NAMES
    assert all("(default: " in line and len(line) > 40 for line in lines)


@given(st.sampled_from(NAMES), st.text())
def test_any_text_is_taken_or_refused(name: str, value: str):
    """No value whatever makes reading fail in another way than by naming the setting."""
    try:
        settings = Settings.read({name: value})
    except SettingError as error:
        assert str(error).startswith(name)  # noqa: PT017 - either will do
    else:
        assert msgspec.structs.asdict(settings)
        assert settings.schedule
        assert settings.issuer
