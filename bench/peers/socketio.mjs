// Socket.IO as its tutorial has it: a connection joins a room, what one publishes is emitted to the room. WebSocket transport only,
// no compression (its default), acknowledgements for joins alone.

import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http, { transports: ['websocket'], serveClient: false, maxHttpBufferSize: 65536 });

io.on('connection', socket => {
  socket.on('join', (room, answer) => {
    socket.join(room);
    answer();
  });
  socket.on('publish', (room, payload) => socket.to(room).emit('event', payload));
});

http.listen(Number(process.argv[2]), '127.0.0.1');
