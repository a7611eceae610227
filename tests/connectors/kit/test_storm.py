"""What a storm of cancelled requests leaves behind: nothing."""

import asyncio
import random
import socket
from datetime import timedelta

from connectors.kit.channel import Channel
from schemas.call import Http
from tests.connectors.kit import rude

SEED = 20261123


async def slowly(_: rude.Rude, peer: socket.socket) -> None:
    await rude.read(peer)
    await asyncio.sleep(0.02)
    await rude.say(peer, rude.FINE)


async def test_cancelled_storm_leaves_a_working_pool() -> None:
    """After 300 concurrent requests on 20 connections were cancelled in mid-flight, 50 of 50 calls succeed."""
    channel = Channel(connect=timedelta(seconds=5), connections=20)
    chance = random.Random(SEED)  # noqa: S311 - a storm that can be had again
    try:
        async with rude.serving(slowly) as partner:
            message = Http(method="POST", url=f"{partner.url}/pay", body=b"{}")
            storm = [asyncio.create_task(channel.exchange(message, timedelta(seconds=10))) for _ in range(300)]
            for task in chance.sample(storm, len(storm)):
                await asyncio.sleep(chance.random() / 1000)
                task.cancel()
            ended = await asyncio.gather(*storm, return_exceptions=True)
            cancelled = sum(isinstance(end, asyncio.CancelledError) for end in ended)
            later = await asyncio.gather(*(channel.exchange(message, timedelta(seconds=10)) for _ in range(50)))
    finally:
        await channel.close()
    assert cancelled > 20
    assert partner.arrivals > 50
    assert [reply.status for reply in later] == [200] * 50
