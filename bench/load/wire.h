/* A WebSocket connection of a client: socket, TLS, upgrade, frames. It knows nothing of what is said; whoever does (session.c)
 * implements the three functions at the end. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum wire_state { WIRE_CONNECTING, WIRE_TLS, WIRE_UPGRADE, WIRE_OPEN, WIRE_CLOSED };

struct bytes {
	char *at;
	int length, capacity;
};

struct wire {
	int fd;
	enum wire_state state;
	bool waits_to_write;
	void *tls;
	struct bytes in, out; /* an unfinished frame; what the socket did not take yet */
};

void wire_start(void);
bool wire_connect(struct wire *w, int port, int source);
void wire_upgrade(struct wire *w, const char *path, const char *headers);
void wire_send(struct wire *w, int opcode, const char *payload, int length);

/* Closes with a reset, so that no port stays in TIME_WAIT. Tells nobody. */
void wire_close(struct wire *w);
void wire_poll(int timeout_ms);

enum { FRAME_TEXT = 1, FRAME_BINARY = 2, FRAME_CLOSE = 8, FRAME_PING = 9, FRAME_PONG = 10 };

void session_connected(struct wire *w);
void session_upgraded(struct wire *w);
void session_frame(struct wire *w, const char *payload, int length, int64_t now);
void session_lost(struct wire *w, const char *why);
