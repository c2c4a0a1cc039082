// A broadcast server that does wrong once in 5,000 deliveries: `lose`, `double`, `alter` or `swap` (`none` does right). What the load
// generator must find; bench/prove.sh holds it to that.

import { createServer } from 'node:http';
import { Sender, WebSocketServer } from 'ws';

const fault = process.argv[3];
const subscribers = new Set();
const http = createServer();
const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
let deliveries = 0;

sockets.on('connection', (socket, request) => {
  if (request.url.startsWith('/pub')) {
    socket.on('message', data => broadcast(data));
    return;
  }
  const subscriber = { socket: request.socket, held: null };
  subscribers.add(subscriber);
  socket.on('close', () => subscribers.delete(subscriber));
  socket.on('error', () => {});
});

const framed = data => Buffer.concat(Sender.frame(data, { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true }));

function broadcast(data) {
  const frame = framed(data);
  const altered = framed(Buffer.from(data.toString().replace('xxxx', 'xxyx')));
  for (const subscriber of subscribers) deliver(subscriber, frame, altered);
}

function deliver(subscriber, frame, altered) {
  const wrong = ++deliveries % 5000 === 0;
  if (wrong && fault === 'lose') return;
  if (wrong && fault === 'swap') {
    subscriber.held = frame;
    return;
  }
  subscriber.socket.write(wrong && fault === 'alter' ? altered : frame);
  if (wrong && fault === 'double') subscriber.socket.write(frame);
  if (subscriber.held) {
    subscriber.socket.write(subscriber.held);
    subscriber.held = null;
  }
}

http.listen(Number(process.argv[2]), '127.0.0.1');
