// The chat clients of common Flutter tutorials, as they stand: what they send and what they read back
// has to work without a change on their side.

import assert from 'node:assert/strict';
import { it } from 'node:test';

import { suite } from './harness/gateway.mjs';
import { token } from './harness/jwt.mjs';
import { unique } from './harness/waiting.mjs';

suite('clients of tutorials', { concurrency: 4 }, (gateway) => {
  it('WebSocketChannel.connect(ws://host/ws) and plain typeless messages, nothing else', async (t) => {
    const one = await gateway.connect(t);
    const two = await gateway.connect(t);
    await one.next('joined');
    await two.next('joined');
    const message = { id: unique('1699999999999'), senderId: 'me', senderName: 'Me', content: 'Hello', timestamp: '2024-01-01T10:00:00.000' };
    one.send(message);
    const event = await two.next({ type: 'message', id: message.id });
    assert.equal(event.content, 'Hello');
    assert.equal(event.senderId, one.userId, 'the server says who sent it');
    assert.equal(event.sentAt, message.timestamp);
    assert.ok(!Number.isNaN(Date.parse(event.timestamp)));
    assert.equal((await one.next('ack')).id, message.id);
  });

  it('/chat?token=…, and Message.fromJson finds its fields', async (t) => {
    const user = unique('u');
    const room = unique('r');
    const one = await gateway.connect(t, { path: '/chat', user, name: 'Uma', how: 'query', rooms: [room] });
    const two = await gateway.connect(t, { path: '/chat', user: unique('v'), how: 'query', rooms: [room] });
    one.send({ content: 'hi' });
    const event = await two.next('message');
    assert.equal(typeof event.id, 'string');
    assert.equal(event.senderId, user);
    assert.equal(event.senderName, 'Uma');
    assert.equal(typeof event.content, 'string');
    assert.ok(Date.parse(event.timestamp));
  });

  it('IOWebSocketChannel with an Authorization header, room in the path', async (t) => {
    const room = unique('support');
    const client = await gateway.connect(t, { path: `/ws/${room}`, user: unique('u'), how: 'header' });
    assert.equal((await client.next('joined')).room, room);
  });

  it('{"type":"auth"} right after connecting, {"type":"join"} right behind it', async (t) => {
    const user = unique('u');
    const room = unique('r');
    const client = gateway.open({ t });
    await client.opened();
    client.send({ type: 'auth', token: token({ sub: user }) });
    client.send({ type: 'join', roomId: room });
    await client.next({ type: 'welcome', userId: user });
    await client.next({ type: 'joined', room });
  });

  it('a numeric chatId throughout', async (t) => {
    const chatId = 100_000 + Math.floor(Math.random() * 100_000);
    const one = await gateway.connect(t, { user: unique('u') });
    const two = await gateway.connect(t, { user: unique('v') });
    for (const client of [one, two]) {
      client.send({ type: 'join', chatId });
      await client.next({ type: 'joined', room: String(chatId) });
    }
    one.send({ type: 'message', chatId, content: 'hi', messageType: 'text' });
    const event = await two.next({ type: 'message', room: String(chatId) });
    assert.equal(event.content, 'hi');
    assert.equal(event.messageType, 'text');
    one.send({ type: 'typing', chatId, isTyping: true });
    assert.equal((await two.next('typing')).chatId, chatId);
  });

  for (const field of ['roomId', 'conversationId']) {
    it(`${field} throughout`, async (t) => {
      const room = unique('c');
      const one = await gateway.connect(t, { user: unique('u') });
      const two = await gateway.connect(t, { user: unique('v') });
      for (const client of [one, two]) client.send({ type: 'join', [field]: room });
      await one.next({ type: 'joined', room });
      await two.next({ type: 'joined', room });
      one.send({ type: 'message', [field]: room, text: 'hi' });
      assert.equal((await two.next({ type: 'message', room })).text, 'hi');
    });
  }

  it('a heartbeat of {"type":"ping"} every few seconds gets pong', async (t) => {
    const client = await gateway.connect(t, { user: unique('u') });
    for (let i = 0; i < 3; i += 1) {
      client.send({ type: 'ping' });
      await client.next('pong');
    }
  });

  it('typing, then stop_typing, then the message', async (t) => {
    const room = unique('r');
    const one = await gateway.connect(t, { user: unique('u'), name: 'Uma', rooms: [room] });
    const two = await gateway.connect(t, { user: unique('v'), rooms: [room] });
    one.send({ type: 'typing', room, userId: 'ignored', userName: 'ignored' });
    const typing = await two.next('typing');
    assert.equal(typing.userId, one.userId);
    assert.equal(typing.name, 'Uma');
    one.send({ type: 'stop_typing', room });
    await two.next('stop_typing');
    one.send({ type: 'message', room, content: 'x' });
    await two.next('message');
  });

  it('delivered and read receipts by position', async (t) => {
    const room = unique('r');
    const one = await gateway.connect(t, { user: unique('u'), rooms: [room] });
    const two = await gateway.connect(t, { user: unique('v'), rooms: [room] });
    const { seq } = await one.publish({ room, content: 'x' });
    two.send({ type: 'delivered', room, seq });
    assert.equal((await one.next({ type: 'receipt', status: 'delivered' })).userId, two.userId);
    two.send({ type: 'read', room, seq });
    assert.equal((await one.next({ type: 'receipt', status: 'read' })).seq, seq);
  });

  it('a client that resends what it did not see acked after a reconnect, with the same id', async (t) => {
    const room = unique('r');
    const user = unique('u');
    const one = await gateway.connect(t, { user, rooms: [room] });
    one.send({ type: 'message', room, id: 'm-1', content: 'once' });
    await one.next('ack');
    one.drop();
    const again = await gateway.connect(t, { user, rooms: [room] });
    again.send({ type: 'message', room, id: 'm-1', content: 'once' });
    assert.equal((await again.next('ack')).duplicate, true);
    assert.equal((await gateway.allEvents(room)).length, 1);
  });
});
