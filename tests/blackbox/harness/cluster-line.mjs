// One socket of a client that has many in its life: where it goes, what was asked on it, when it was last heard.

import WebSocket from 'ws';

const HANDSHAKE_MS = 2_500;

export class Line {
  constructor(number, node, token, { received, gone }) {
    Object.assign(this, { number, node, asked: null, greeted: false, waitingFor: null, heard: Date.now(), ready: false, closed: undefined });
    this.socket = new WebSocket(node.url, { headers: { Authorization: `Bearer ${token}` }, handshakeTimeout: HANDSHAKE_MS, perMessageDeflate: false });
    this.socket.on('message', (data) => {
      this.heard = Date.now();
      received(this, JSON.parse(data.toString('utf8')));
    });
    this.socket.on('error', () => {});
    this.socket.on('close', (code) => {
      this.closed = code;
      gone(this, code);
    });
  }

  get open() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** Sends where it can; a frame for a socket that is closing is lost, as on any network. */
  send(frame) {
    if (this.open) this.socket.send(JSON.stringify(frame));
  }

  terminate() {
    this.socket.terminate();
  }
}
