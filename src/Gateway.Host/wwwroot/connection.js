// One client's connection to the gateway: opens the socket, comes back with backoff, resumes its session from the last position
// it saw, sends again what was not acked, and never hands the same event on twice. Knows nothing of the page.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const PONG_WITHIN_MS = 8_000;
const IDS_REMEMBERED = 5_000;

// Close codes after which coming back makes no sense, and the one that asks for a longer wait.
const FINAL = { 4001: 'The token is not valid (any more).', 4500: 'Disconnected by the server.', 4501: 'This session went on elsewhere.' };
const FLOODING = 4004;
const FLOODING_WAIT_MS = 30_000;

export class Connection extends EventTarget {
  #url;
  #room;
  #socket = null;
  #session = null;
  #resuming = false;
  #position = { seq: 0, epoch: null };
  #unacked = new Map();
  #seen = new Set();
  #attempt = 0;
  #retry = 0;
  #heartbeat = 0;
  #pongDue = 0;
  #headBefore = 0;
  #notBefore = 0;
  #ended = false;
  #joined = false;

  constructor(url, room) {
    super();
    this.#url = url;
    this.#room = room;
    addEventListener('online', () => this.#comeBackNow());
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.#comeBackNow());
  }

  open() {
    clearTimeout(this.#retry);
    this.#state('connecting');
    const socket = new WebSocket(this.#url, ['gateway.v1.json']);
    this.#socket = socket;
    socket.onmessage = ({ data }) => socket === this.#socket && this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => socket === this.#socket && this.#closed(code);
  }

  end() {
    this.#ended = true;
    clearTimeout(this.#retry);
    this.#stopHeartbeat();
    this.signal({ type: 'leave' });
    this.#socket?.close(1000);
    this.#socket = null;
  }

  /** Sends an event until it is acked, also over reconnects: the id makes that safe. */
  publish(event) {
    this.#unacked.set(event.id, event);
    if (this.#joined) this.#send(event);
  }

  /** Sends what is worth nothing later: a signal of typing, a receipt. */
  signal(command) {
    if (this.#joined) this.#send(command);
  }

  #send(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ room: this.#room, ...frame }));
  }

  #receive(frame) {
    if (frame.seq > 0 && (frame.type === 'ack' || frame.senderId !== undefined)) this.#advance(frame);
    switch (frame.type) {
      case 'welcome': return this.#welcome(frame);
      case 'joined': return this.#roomJoined(frame);
      case 'ack': return this.#acked(frame);
      case 'error': return this.#error(frame);
      case 'pong': return this.#pong(frame);
      case 'reconnect': return void setTimeout(() => this.#restart(), frame.afterMs);
      default: return this.#pass(frame);
    }
  }

  #welcome(frame) {
    const old = this.#session;
    if (old && !this.#resuming) {
      this.#resuming = true;
      this.#socket.send(JSON.stringify({ type: 'resume', session: old, rooms: { [this.#room]: this.#since() } }));
    }
    if (!this.#resuming || frame.resumed) this.#session = frame.session;
    this.#startHeartbeat(frame.heartbeatMs);
    this.#tell('welcome', frame);
  }

  #roomJoined(frame) {
    if (frame.room !== this.#room) return;
    this.#attempt = 0;
    this.#joined = true;
    this.#position.epoch ??= frame.epoch;
    this.#state('open');
    this.#tell('joined', frame);
    for (const event of this.#unacked.values()) this.#send(event);
  }

  #since() {
    return this.#position.epoch ? { since: this.#position.seq, epoch: this.#position.epoch } : {};
  }

  /** An event's position is the highest one seen; a new epoch goes on counting, or starts again after a reset. */
  #advance({ seq, epoch }) {
    if (epoch !== this.#position.epoch || seq > this.#position.seq) this.#position = { seq, epoch };
  }

  #pass(frame) {
    if (frame.type === 'gap' && frame.reason === 'reset') this.#position = { seq: 0, epoch: frame.epoch };
    if (frame.senderId !== undefined && frame.id !== undefined) {
      const key = `${frame.senderId} ${frame.id}`;
      if (this.#seen.has(key)) return;
      this.#remember(key);
    }
    this.#tell('frame', frame);
  }

  #remember(key) {
    this.#seen.add(key);
    if (this.#seen.size > IDS_REMEMBERED) this.#seen.delete(this.#seen.values().next().value);
  }

  #acked(frame) {
    const event = this.#unacked.get(frame.id);
    this.#unacked.delete(frame.id);
    if (event) this.#tell('acked', { ...frame, event });
  }

  #error(frame) {
    const event = this.#unacked.get(frame.id);
    if (!event) return this.#tell('refused', frame);
    const again = frame.code === 'rate_limited' || frame.code === 'busy' || frame.code === 'degraded' || frame.unknown;
    if (again) return void setTimeout(() => this.#unacked.has(frame.id) && this.#send(event), frame.retryAfterMs ?? 1_000);
    this.#unacked.delete(frame.id);
    return this.#tell('refused', { ...frame, event });
  }

  // -- heartbeat ----------------------------------------------------------------------------------------------------------

  #startHeartbeat(everyMs) {
    this.#stopHeartbeat();
    this.#heartbeat = setInterval(() => {
      this.#send({ type: 'ping', room: undefined });
      clearTimeout(this.#pongDue);
      this.#pongDue = setTimeout(() => this.#restart(), PONG_WITHIN_MS);
    }, Math.max(2_000, everyMs));
  }

  #stopHeartbeat() {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#pongDue);
  }

  /** A pong overtakes events on their way; but what the last pong knew of must be here by now, or is asked for. */
  #pong(frame) {
    clearTimeout(this.#pongDue);
    if (this.#joined && this.#position.seq < this.#headBefore) this.#send({ type: 'join', ...this.#since() });
    this.#headBefore = frame.heads?.[this.#room] ?? 0;
  }

  // -- coming back --------------------------------------------------------------------------------------------------------

  #restart() {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = null;
    socket.close(1000);
    this.#closed(1006);
  }

  #closed(code) {
    this.#stopHeartbeat();
    this.#joined = false;
    this.#resuming = false;
    if (this.#ended) return;
    if (FINAL[code]) {
      this.#ended = true;
      this.#state('closed', FINAL[code]);
      return;
    }
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#attempt);
    const wait = code === FLOODING ? FLOODING_WAIT_MS : longest * (0.5 + Math.random() / 2);
    this.#attempt += 1;
    this.#headBefore = 0;
    if (code === FLOODING) this.#notBefore = Date.now() + wait;
    this.#state('waiting', `Connection lost. Trying again in ${Math.max(1, Math.round(wait / 1000))} s…`);
    this.#retry = setTimeout(() => this.open(), wait);
  }

  #comeBackNow() {
    const lost = this.#socket === null || this.#socket.readyState === WebSocket.CLOSED;
    if (!this.#ended && lost && this.#attempt > 0 && Date.now() >= this.#notBefore) this.open();
  }

  #state(state, text = '') {
    this.#tell('state', { state, text });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
