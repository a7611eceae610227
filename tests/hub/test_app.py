"""The composition root: what it hands to whom."""

import base64
from importlib import import_module
from pathlib import Path

import hub
from hub.app import furnish
from hub.clock import utc_now
from hub.settings import Settings
from hub.store import Store


async def test_the_broom_reaches_every_room(sqlite_store: Store, sqlite_url: str):
    """Whatever the rows of a room can forget is swept by the hub."""
    files = Path(hub.__file__).parent.glob("*/rows.py")
    rooms = [import_module(f"hub.{file.parent.name}.rows") for file in files]
    forgetting = {sweep for room in rooms for name, sweep in vars(room).items() if name.startswith("forget_")}
    settings = Settings(database_url=sqlite_url, master_key=base64.b64encode(bytes(32)).decode())
    furnished = furnish(settings, sqlite_store, utc_now)
    assert set(furnished.housekeeping._sweeps) == forgetting
