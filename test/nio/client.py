"""A person with matrix-nio, driven by a test.

Commands come as one JSON object a line on standard input, `{"id": 1, "do": "send", ...}`, and are answered
by `{"id": 1, "answer": ...}` or `{"id": 1, "error": "..."}`. What nio itself makes of each event that the
server shows it is told as `{"seen": {...}}`, with the class it was read as in `kind`.
"""

import asyncio
import io
import json
import sys

from nio import (
    AsyncClient,
    DownloadError,
    EphemeralEvent,
    ErrorResponse,
    Event,
    InviteEvent,
    ReceiptEvent,
    TypingNoticeEvent,
)


def tell(message):
    print(json.dumps(message), flush=True)


def checked(response):
    if isinstance(response, ErrorResponse):
        raise RuntimeError(f"{type(response).__name__}: {response.status_code} {response.message}")
    return response


def on_event(room, event):
    seen = {"room": room.room_id, "kind": type(event).__name__, "event": event.source}
    for field in ("body", "formatted_body", "url", "reacts_to", "key", "redacts", "redacter"):
        if hasattr(event, field):
            seen[field] = getattr(event, field)
    tell({"seen": seen})


def on_ephemeral(room, event):
    seen = {"room": room.room_id, "kind": type(event).__name__}
    if isinstance(event, TypingNoticeEvent):
        seen["users"] = event.users
    if isinstance(event, ReceiptEvent):
        seen["receipts"] = [
            {"event_id": one.event_id, "user": one.user_id, "thread": one.thread_id, "type": one.receipt_type}
            for one in event.receipts
        ]
    tell({"seen": seen})


def on_invite(room, event):
    tell({"seen": {"room": room.room_id, "kind": type(event).__name__, "sender": event.sender}})


class Person:
    def __init__(self, homeserver, user):
        self.client = AsyncClient(homeserver, user)
        self.client.add_event_callback(on_event, Event)
        self.client.add_event_callback(on_invite, InviteEvent)
        self.client.add_ephemeral_callback(on_ephemeral, EphemeralEvent)
        self.syncing = None

    async def login(self, password):
        checked(await self.client.login(password, device_name="nio"))
        checked(await self.client.sync(timeout=0, full_state=True))
        self.syncing = asyncio.create_task(self.client.sync_forever(timeout=30_000))
        return {"user_id": self.client.user_id, "device_id": self.client.device_id}

    async def create_room(self, name, invite):
        return checked(await self.client.room_create(name=name, invite=invite)).room_id

    async def join(self, room):
        return checked(await self.client.join(room)).room_id

    async def send(self, room, content, type="m.room.message"):
        return checked(await self.client.room_send(room, type, content)).event_id

    async def redact(self, room, event_id):
        return checked(await self.client.room_redact(room, event_id, reason="a mistake")).event_id

    async def upload(self, text, content_type, name):
        data = text.encode()
        response, _ = await self.client.upload(
            io.BytesIO(data), content_type=content_type, filename=name, filesize=len(data)
        )
        return checked(response).content_uri

    async def download(self, url):
        response = await self.client.download(url)
        if isinstance(response, DownloadError):
            checked(response)
        return {"text": response.body.decode(), "type": response.content_type, "name": response.filename}

    async def thumbnail(self, url):
        server, media = url.removeprefix("mxc://").split("/")
        response = checked(await self.client.thumbnail(server, media, width=64, height=64))
        return {"type": response.content_type, "size": len(response.body)}

    async def typing(self, room, typing):
        checked(await self.client.room_typing(room, typing))

    async def read(self, room, event_id):
        checked(await self.client.room_read_markers(room, event_id, event_id))

    async def history(self, room):
        start, bodies = None, []
        while True:
            page = checked(await self.client.room_messages(room, start=start, limit=50))
            bodies += [event.body for event in page.chunk if hasattr(event, "body")]
            if not page.end or page.end == start:
                return bodies
            start = page.end

    async def related(self, room, event_id):
        return [event.event_id async for event in self.client.room_get_event_relations(room, event_id)]

    async def threads(self, room):
        return [event.event_id async for event in self.client.room_get_threads(room)]

    async def set_name(self, name):
        checked(await self.client.set_displayname(name))

    async def name_of(self, user):
        return checked(await self.client.get_displayname(user)).displayname

    async def room(self, room):
        """The room as nio has it: what it shows to its user."""
        known = self.client.rooms[room]
        return {
            "name": known.display_name,
            "members": sorted(known.users),
            "typing": known.typing_users,
            "read": {user: receipt.event_id for user, receipt in known.read_receipts.items()},
            "unread": known.unread_notifications,
            "highlights": known.unread_highlights,
        }

    async def close(self):
        if self.syncing is not None:
            self.syncing.cancel()
        await self.client.close()


async def run(person, line):
    command = json.loads(line)
    identifier, verb = command.pop("id"), command.pop("do")
    try:
        tell({"id": identifier, "answer": await getattr(person, verb)(**command)})
    except Exception as error:  # every fault goes to the test that gave the command
        tell({"id": identifier, "error": f"{type(error).__name__}: {error}"})


async def main(homeserver, user):
    person = Person(homeserver, user)
    reader = asyncio.StreamReader(limit=16 * 1024 * 1024)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    tell({"ready": True})
    while line := await reader.readline():
        await run(person, line)
    await person.close()


asyncio.run(main(*sys.argv[1:3]))
