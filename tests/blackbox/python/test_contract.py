"""The wire contract seen by another WebSocket implementation (Debian's python3-websockets). Run: python3 -m unittest discover -s tests/blackbox/python"""

import asyncio
import json
import unittest
import uuid

import websockets
from websockets.exceptions import ConnectionClosed, InvalidStatusCode

from gateway import API_KEY, Gateway, token

PATIENCE = 10


def unique(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


class Peer:
    """A socket and what came on it; waits for frames that match, and shows the transcript where none came."""

    def __init__(self, socket):
        self.socket = socket
        self.seen = []

    async def send(self, message):
        await self.socket.send(message if isinstance(message, (str, bytes)) else json.dumps(message))

    async def next(self, **wanted):
        async def read():
            while True:
                text = await self.socket.recv()
                frame = json.loads(text)
                self.seen.append(text)
                if all(frame.get(k) == v for k, v in wanted.items()):
                    return frame

        try:
            return await asyncio.wait_for(read(), PATIENCE)
        except asyncio.TimeoutError:
            raise AssertionError(f"No frame {wanted}; came: " + "\n  ".join(self.seen[-30:])) from None

    async def close_code(self):
        try:
            while True:
                await asyncio.wait_for(self.socket.recv(), PATIENCE)
        except ConnectionClosed:
            return self.socket.close_code


class Contract(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway()
        cls.addClassCleanup(cls.gateway.stop)

    async def open(self, query="", path="/ws", user=None, **options):
        if user:
            options.setdefault("extra_headers", {"Authorization": f"Bearer {token(sub=user, name=user.upper())}"})
        options.setdefault("compression", None)
        socket = await websockets.connect(self.gateway.url(query, path), **options)
        self.addAsyncCleanup(socket.close)
        return Peer(socket)

    async def test_section_1_deflate_is_declined_when_offered(self):
        peer = await self.open(user=unique("ann"), compression="deflate")
        self.assertEqual(peer.socket.extensions, [])
        await peer.next(type="welcome")

    async def test_section_1_subprotocol_is_echoed_and_bearer_is_not(self):
        user = unique("ann")
        peer = await self.open(subprotocols=["gateway.v1.json", "bearer." + token(sub=user)])
        self.assertEqual(peer.socket.subprotocol, "gateway.v1.json")
        self.assertEqual((await peer.next(type="welcome"))["userId"], user)

    async def test_section_1_bad_tokens_are_401_and_foreign_origins_403(self):
        with self.assertRaises(InvalidStatusCode) as refused:
            await self.open("token=nonsense")
        self.assertEqual(refused.exception.status_code, 401)
        with self.assertRaises(InvalidStatusCode) as refused:
            await self.open(user=unique("ann"), origin="https://elsewhere.example")
        self.assertEqual(refused.exception.status_code, 403)

    async def test_section_3_an_event_reaches_the_other_and_is_acked(self):
        room = unique("room")
        ann, bob = await self.open(f"room={room}", user=unique("ann")), await self.open(f"room={room}", user=unique("bob"))
        for peer in (ann, bob):
            await peer.next(type="joined", room=room)
        await ann.send({"room": room, "id": "m1", "content": "Grüße 😀"})
        ack = await ann.next(type="ack", id="m1")
        event = await bob.next(type="message")
        self.assertEqual((ack["seq"], event["seq"]), (1, 1))
        self.assertEqual(event["content"], "Grüße 😀")

    async def test_section_3_numbers_keep_their_digits(self):
        room = unique("room")
        ann, bob = await self.open(user=unique("ann")), await self.open(f"room={room}", user=unique("bob"))
        await bob.next(type="joined", room=room)
        await ann.send('{"room":"%s","n":1.10,"big":%s}' % (room, "9" * 60))
        await bob.next(type="message")
        self.assertIn('"n":1.10', bob.seen[-1])
        self.assertIn('"big":' + "9" * 60, bob.seen[-1])

    async def test_section_3_fragments_are_one_frame(self):
        room = unique("room")
        ann = await self.open(user=unique("ann"))

        async def pieces():
            text = json.dumps({"room": room, "id": "f", "content": "in pieces"})
            for i in range(0, len(text), 7):
                yield text[i:i + 7]

        await ann.socket.send(pieces())
        self.assertEqual((await ann.next(type="ack", id="f"))["seq"], 1)

    async def test_section_3_a_binary_frame_is_unsupported(self):
        ann = await self.open(user=unique("ann"))
        await ann.send(b"\x01\x02")
        self.assertEqual((await ann.next(type="error"))["code"], "unsupported")

    async def test_section_6_client_pings_are_answered(self):
        ann = await self.open(user=unique("ann"))
        await asyncio.wait_for(await ann.socket.ping(b"abc"), PATIENCE)

    async def test_section_6_too_big_a_frame_is_1009(self):
        ann = await self.open(user=unique("ann"))
        await ann.send(json.dumps({"pad": "x" * 70_000}))
        self.assertEqual(await ann.close_code(), 1009)

    async def test_section_6_a_session_is_resumed_and_misses_nothing(self):
        room, user = unique("room"), unique("ann")
        ann = await self.open(f"room={room}", user=user)
        session = (await ann.next(type="welcome"))["session"]
        joined = await ann.next(type="joined", room=room)
        await ann.socket.close()
        for n in range(5):
            status, text = self.gateway.http("POST", f"/v1/rooms/{room}/events", {"n": n}, key=API_KEY)
            self.assertEqual(status, 200, text)
        back = await self.open(user=user)
        await back.next(type="welcome")
        await back.send({"type": "resume", "session": session, "rooms": {room: {"since": 0, "epoch": joined["epoch"]}}})
        self.assertTrue((await back.next(type="welcome"))["resumed"])
        self.assertTrue((await back.next(type="joined", room=room))["recovered"])
        self.assertEqual([(await back.next(type="message"))["n"] for _ in range(5)], list(range(5)))

    async def test_section_6_one_who_ends_politely_gets_its_code_back(self):
        ann = await self.open(user=unique("ann"))
        await ann.next(type="welcome")
        await ann.socket.close(code=1001)
        self.assertEqual(ann.socket.close_code, 1001)

    async def test_section_9_ndjson_from_a_backend(self):
        room = unique("room")
        ann = await self.open(f"room={room}", user=unique("ann"))
        await ann.next(type="joined", room=room)
        body = b"\n".join(json.dumps({"type": "tick", "n": n}).encode() for n in range(50))
        status, text = self.gateway.http("POST", f"/v1/rooms/{room}/events", body, API_KEY, "application/x-ndjson")
        self.assertEqual(status, 200, text)
        self.assertEqual(json.loads(text)["accepted"], 50)
        self.assertEqual([(await ann.next(type="tick"))["n"] for _ in range(50)], list(range(50)))

    async def test_many_at_once_each_hear_everything_once(self):
        room = unique("room")
        peers = await asyncio.gather(*(self.open(f"room={room}", user=unique("p")) for _ in range(30)))
        for peer in peers:
            await peer.next(type="joined", room=room)
        for i, peer in enumerate(peers):
            await peer.send({"room": room, "id": f"from-{i}", "i": i})

        async def positions(peer):
            found = []
            while len(found) < len(peers):
                frame = json.loads(await asyncio.wait_for(peer.socket.recv(), PATIENCE))
                if frame["type"] in ("message", "ack"):
                    found.append(frame["seq"])
            return found

        for found in await asyncio.gather(*(positions(peer) for peer in peers)):
            self.assertEqual(sorted(found), list(range(1, len(peers) + 1)))


if __name__ == "__main__":
    unittest.main()
