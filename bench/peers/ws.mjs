// The library ws, used as well as it can be: a frame is made once for all subscribers and written to their sockets as it is.

import { createServer } from 'node:http';
import { Sender, WebSocketServer } from 'ws';

const subscribers = new Set();
const http = createServer();
const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });

sockets.on('connection', (socket, request) => {
  if (request.url.startsWith('/pub')) {
    socket.on('message', data => broadcast(data));
    return;
  }
  subscribers.add(request.socket);
  socket.on('close', () => subscribers.delete(request.socket));
  socket.on('error', () => {});
});

function broadcast(data) {
  const frame = Buffer.concat(Sender.frame(data, { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true }));
  for (const socket of subscribers) socket.write(frame);
}

http.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 });
