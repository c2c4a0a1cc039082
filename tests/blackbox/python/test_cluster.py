"""Two nodes on one Redis, seen by Debian's python3-websockets: a chat across nodes, and a session that moves when its node is killed."""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

import websockets

from gateway import Gateway, token
from test_contract import Peer, unique

REDIS = os.environ.get("REDIS_SERVER", "/usr/bin/redis-server")


class Redis:
    """A redis-server of the test's own: a free port, a directory that goes with it, ended by its process id."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="gateway-redis-")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [REDIS, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.directory, "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 10
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                if time.monotonic() > deadline:
                    self.stop()
                    raise
                time.sleep(0.02)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


@unittest.skipUnless(os.path.exists(REDIS), "no redis-server")
class Cluster(unittest.IsolatedAsyncioTestCase):
    def node(self, name):
        gateway = Gateway({"Engine": "redis", "Redis": f"127.0.0.1:{self.redis.port}", "NodeId": name, "Presence__GraceMs": "3000"})
        self.addCleanup(gateway.stop)
        return gateway

    def setUp(self):
        self.redis = Redis()
        self.addCleanup(self.redis.stop)
        self.one, self.two = self.node("one"), self.node("two")

    async def join(self, gateway, user, room):
        headers = {"Authorization": f"Bearer {token(sub=user, name=user.upper())}"}
        connection = await websockets.connect(gateway.url(f"room={room}"), extra_headers=headers)
        self.addAsyncCleanup(connection.close)
        peer = Peer(connection)
        peer.welcome = await peer.next(type="welcome")
        peer.joined = await peer.next(type="joined", room=room)
        return peer

    async def test_two_nodes_chat_and_a_killed_nodes_session_goes_on_at_the_other(self):
        room = unique("room")
        ann = await self.join(self.one, "ann", room)
        bob = await self.join(self.two, "bob", room)
        self.assertEqual((await ann.next(type="user_joined"))["userId"], "bob")

        await ann.send({"type": "message", "room": room, "id": "a-1", "content": "hello"})
        ack = await ann.next(type="ack", id="a-1")
        event = await bob.next(type="message")
        self.assertEqual((event["content"], event["seq"], event["senderName"]), ("hello", ack["seq"], "ANN"))

        self.one.process.kill()
        self.one.process.wait()
        await bob.send({"type": "message", "room": room, "id": "b-1", "content": "still there?"})
        missed = await bob.next(type="ack", id="b-1")

        back = await websockets.connect(self.two.url(), extra_headers={"Authorization": f"Bearer {token(sub='ann')}"})
        self.addAsyncCleanup(back.close)
        peer = Peer(back)
        await peer.next(type="welcome")
        await peer.send({"type": "resume", "session": ann.welcome["session"], "rooms": {room: {"since": ack["seq"], "epoch": ack["epoch"]}}})
        self.assertTrue((await peer.next(type="welcome"))["resumed"])
        self.assertTrue((await peer.next(type="joined", room=room))["recovered"])
        replayed = await peer.next(type="message")
        self.assertEqual((replayed["seq"], replayed["content"], replayed["replay"]), (missed["seq"], "still there?", True))

        # Past the grace period and the 5 s after it nobody has left.
        await asyncio.sleep(9)
        await bob.send({"type": "message", "room": room, "id": "b-2", "content": "end"})
        await bob.next(type="ack", id="b-2")
        self.assertFalse([text for text in bob.seen if '"user_left"' in text], bob.seen)


if __name__ == "__main__":
    unittest.main()
