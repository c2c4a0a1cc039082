// The demo page: shows one room, who is there, who types, and what became of one's own messages.
// Everything that came from somebody else is shown with textContent only.

import { Connection } from './connection.js';

const TYPING_EVERY_MS = 2_000;
const TYPING_IDLE_MS = 4_000;
const READ_EVERY_MS = 1_000;
const MESSAGES_SHOWN = 500;

const $ = (id) => document.getElementById(id);
const room = new URLSearchParams(location.search).get('room') ?? 'lobby';
const people = new Map();
const typists = new Map();
const own = new Map();
let connection;
let me = null;
let top = 0;
let readUpTo = 0;

function pick(list) {
  return list[Math.floor(Math.random() * list.length)];
}

function madeUpName() {
  return `${pick(['Quiet', 'Brisk', 'Sunny', 'Clever', 'Gentle', 'Bold'])} ${pick(['Otter', 'Heron', 'Fox', 'Wren', 'Lynx', 'Seal'])}`;
}

/** Who this tab is: kept for the tab, so that a reload is the same person. */
function identity() {
  const name = sessionStorage.getItem('name') ?? madeUpName();
  const user = sessionStorage.getItem('user') ?? Array.from(crypto.getRandomValues(new Uint8Array(8)), (b) => b.toString(16).padStart(2, '0')).join('');
  sessionStorage.setItem('name', name);
  sessionStorage.setItem('user', user);
  return { name, user };
}

/** Another name is another guest, who sees the room afresh. */
function becomeAnother(name) {
  sessionStorage.setItem('name', name);
  sessionStorage.removeItem('user');
  own.clear();
  people.clear();
  [top, readUpTo] = [0, 0];
  $('messages').replaceChildren();
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

// -- messages ---------------------------------------------------------------------------------------------------------------

const clock = (time) => new Date(time ?? Date.now()).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

function place(item, seq) {
  const list = $('messages');
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  item.dataset.seq = seq ?? '';
  const later = seq === undefined ? null : [...list.children].find((other) => Number(other.dataset.seq) > seq);
  list.insertBefore(item, later ?? null);
  while (list.children.length > MESSAGES_SHOWN) list.firstElementChild.remove();
  if (atEnd || item.classList.contains('own')) list.scrollTop = list.scrollHeight;
}

function messageItem({ senderName, content, text, timestamp }, mine) {
  const item = element('li', mine ? 'message own' : 'message', '');
  const said = content ?? text ?? '';
  item.append(
    element('div', 'who', senderName ?? ''),
    element('div', 'body', typeof said === 'string' ? said : JSON.stringify(said)),
    element('div', 'meta', clock(timestamp)),
  );
  return item;
}

function note(text, seq) {
  place(element('li', 'note', text), seq);
}

function tick(id, state) {
  const entry = own.get(id);
  if (!entry) return;
  entry.state = state;
  const marks = { sending: '○ sending', stored: '✓ sent', delivered: '✓✓ delivered', read: '✓✓ read', failed: '! not sent' };
  entry.item.classList.toggle('failed', state === 'failed');
  entry.item.querySelector('.meta').textContent = `${clock(entry.timestamp)} ${marks[state]}`;
}

function showEvent(event) {
  if (own.has(event.id) && event.senderId === me) return;
  const mine = event.senderId === me;
  const item = messageItem(event, mine);
  place(item, event.seq);
  if (mine) {
    own.set(event.id, { item, seq: event.seq, timestamp: event.timestamp });
    tick(event.id, 'stored');
  }
  stopTyping(event.senderId);
  markRead();
}

function send(content) {
  const id = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
  const item = messageItem({ content }, true);
  own.set(id, { item });
  place(item);
  tick(id, 'sending');
  connection.publish({ type: 'message', id, content });
}

function receipt({ userId, status, seq }) {
  if (userId === me) return;
  for (const [id, entry] of own) {
    if (entry.seq <= seq && entry.state !== 'read' && entry.state !== 'failed') tick(id, status);
  }
}

let readTimer = 0;
function markRead() {
  if (readTimer || document.visibilityState !== 'visible' || top <= readUpTo) return;
  readTimer = setTimeout(() => {
    readTimer = 0;
    readUpTo = top;
    connection.signal({ type: 'read', seq: top });
  }, READ_EVERY_MS);
}

// -- people and typing --------------------------------------------------------------------------------------------------------

function showPeople(count = people.size) {
  $('count').textContent = String(count);
  $('people').replaceChildren(...[...people].sort((a, b) => a[1].localeCompare(b[1])).map(([id, name]) => {
    const item = element('li', '', name);
    if (id === me) item.append(element('span', 'you', '(you)'));
    return item;
  }));
}

function showTyping() {
  const names = [...typists.values()];
  const shown = names.slice(0, 3).join(', ');
  $('typing').textContent = names.length === 0 ? '' : `${shown}${names.length > 3 ? ' and others' : ''} ${names.length === 1 ? 'is' : 'are'} typing…`;
}

function stopTyping(userId) {
  if (typists.delete(userId)) showTyping();
}

function listed({ users, count }) {
  people.clear();
  for (const user of users ?? []) people.set(user.userId, user.name);
  showPeople(count);
}

const handlers = {
  user_joined(frame) {
    people.set(frame.userId, frame.name);
    showPeople(frame.count);
    note(`${frame.name} came in`);
  },
  user_left(frame) {
    const name = people.get(frame.userId);
    people.delete(frame.userId);
    stopTyping(frame.userId);
    showPeople(frame.count);
    if (name) note(`${name} left`);
  },
  presence: listed,
  presence_digest: ({ count }) => showPeople(count),
  typing(frame) {
    if (!frame.isTyping) return stopTyping(frame.userId);
    typists.set(frame.userId, frame.name);
    return showTyping();
  },
  stop_typing: ({ userId }) => stopTyping(userId),
  receipt,
  gap: (frame) => note(frame.reason === 'trimmed' ? 'Older messages are no longer kept' : 'The history was started anew', frame.to),
  lagging: () => note('Catching up…'),
  degraded: () => note('The storage is away for a moment; messages wait'),
  restored: () => note('The storage is back'),
  left: () => note('You were removed from this room'),
};

function onFrame(frame) {
  if (frame.room !== undefined && frame.room !== room) return;
  if (Object.hasOwn(handlers, frame.type)) handlers[frame.type](frame);
  else if (frame.type === 'message' && frame.senderId !== undefined) {
    top = Math.max(top, frame.seq ?? 0);
    showEvent(frame);
  }
}

// -- connection ---------------------------------------------------------------------------------------------------------------

function connect() {
  const { name, user } = identity();
  $('name').value = name;
  const url = new URL('ws', location.href);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  url.search = new URLSearchParams({ room, user, name });
  connection = new Connection(url.href, room);
  connection.addEventListener('state', ({ detail }) => {
    $('state').dataset.state = detail.state;
    $('state-text').textContent = detail.text || { open: 'Connected', connecting: 'Connecting…' }[detail.state] || detail.state;
  });
  connection.addEventListener('welcome', ({ detail }) => { me = detail.userId; });
  connection.addEventListener('joined', ({ detail }) => {
    listed(detail);
    typists.clear();
    showTyping();
    detail.receipts?.forEach(receipt);
  });
  connection.addEventListener('frame', ({ detail }) => onFrame(detail));
  connection.addEventListener('acked', ({ detail }) => {
    const entry = own.get(detail.id);
    if (!entry) return;
    Object.assign(entry, { seq: detail.seq, timestamp: detail.timestamp });
    top = Math.max(top, detail.seq ?? 0);
    place(entry.item, detail.seq);
    tick(detail.id, 'stored');
  });
  connection.addEventListener('refused', ({ detail }) => (detail.event ? tick(detail.id, 'failed') : undefined));
  connection.open();
}

let typingSent = 0;
let typingIdle = 0;

function endTyping() {
  clearTimeout(typingIdle);
  if (typingSent) connection.signal({ type: 'stop_typing' });
  typingSent = 0;
}

$('text').addEventListener('input', () => {
  clearTimeout(typingIdle);
  if ($('text').value === '') return endTyping();
  if (Date.now() - typingSent > TYPING_EVERY_MS) {
    typingSent = Date.now();
    connection.signal({ type: 'typing' });
  }
  typingIdle = setTimeout(endTyping, TYPING_IDLE_MS);
  return undefined;
});

$('message-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = $('text').value.trim();
  if (text === '') return;
  $('text').value = '';
  clearTimeout(typingIdle);
  typingSent = 0;
  send(text);
});

$('name-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const name = $('name').value.trim();
  if (name === '' || name === sessionStorage.getItem('name')) return;
  connection.end();
  becomeAnother(name);
  connect();
});

document.addEventListener('visibilitychange', markRead);
$('room').textContent = room;
document.title = `${room} · Gateway`;
connect();
