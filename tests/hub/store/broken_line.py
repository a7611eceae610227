"""A line between the hub and PostgreSQL that a test can cut."""

import asyncio
import contextlib
from pathlib import Path

SOCKET = ".s.PGSQL.5432"


class BrokenLine:
    """Listens in a folder of its own, and passes bytes on to the server while `flowing` is set.

    After the block that holds `cut_after` the connection breaks: the server has it, and its answer is lost.
    """

    def __init__(self, folder: Path, server: str) -> None:
        self.folder = folder
        self._far_end = f"{server}/{SOCKET}"
        self._pipes: set[asyncio.Task] = set()
        self._listener: asyncio.Server | None = None
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.cut_after: bytes | None = None

    async def open(self) -> None:
        self._listener = await asyncio.start_unix_server(self._serve, self.folder / SOCKET)

    async def close(self) -> None:
        """Nobody answers any more."""
        if self._listener is not None:
            self._listener.close()
        (self.folder / SOCKET).unlink(missing_ok=True)
        self.cut()
        await asyncio.gather(*self._pipes, return_exceptions=True)

    def cut(self) -> None:
        """Break every connection; new ones are welcome."""
        for pipe in self._pipes:
            pipe.cancel()

    async def _serve(self, near_in, near_out) -> None:
        far_in, far_out = await asyncio.open_unix_connection(self._far_end)
        pipe = asyncio.current_task()
        assert pipe is not None
        self._pipes.add(pipe)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass_on(near_in, far_out, near_out))
                both.create_task(self._pass_on(far_in, near_out, far_out))
        except (asyncio.CancelledError, ExceptionGroup):
            pass
        finally:
            self._pipes.discard(pipe)
            for end in (near_out, far_out):
                end.close()
                with contextlib.suppress(OSError):
                    await end.wait_closed()

    async def _pass_on(self, source, sink, back) -> None:
        while block := await source.read(65536):
            await self.flowing.wait()
            sink.write(block)
            if self.cut_after is not None and self.cut_after in block:
                self.cut_after = None
                back.transport.abort()
                await asyncio.sleep(0.1)
                break
            await sink.drain()
        raise ConnectionResetError
