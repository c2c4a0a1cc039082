/* One epoll for all connections, level-triggered, and one receive buffer that they share: a connection keeps bytes of its own only
 * while a frame is unfinished or the socket is full. */
#define _GNU_SOURCE
#include "wire.h"

#include "clock.h"
#include "options.h"
#include "tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVE_BYTES (256 * 1024)

/* A fixed key makes the right answer a constant. The server can't know that. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define KEY_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

static int epoll;
static char receive[RECEIVE_BYTES];

void wire_start(void)
{
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0)
		give_up("epoll: %s", strerror(errno));
}

static void lose(struct wire *w, const char *why)
{
	wire_close(w);
	session_lost(w, why);
}

static void wait_for(struct wire *w, bool write)
{
	if (w->waits_to_write == write)
		return;
	struct epoll_event event = { .events = write ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = w };
	epoll_ctl(epoll, EPOLL_CTL_MOD, w->fd, &event);
	w->waits_to_write = write;
}

bool wire_connect(struct wire *w, int port, int source)
{
	int one = 1;
	struct linger reset = { 1, 0 };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	memset(w, 0, sizeof *w);
	w->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (w->fd < 0)
		give_up("socket: %s (ulimit -n?)", strerror(errno));
	setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(w->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	if (source >= 0) {
		struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002u + (uint32_t)source) };
		setsockopt(w->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
		if (bind(w->fd, (struct sockaddr *)&from, sizeof from))
			give_up("bind: %s", strerror(errno));
	}
	inet_pton(AF_INET, options.address, &to.sin_addr);
	w->state = WIRE_CONNECTING;
	w->waits_to_write = true;
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT, .data.ptr = w };
	epoll_ctl(epoll, EPOLL_CTL_ADD, w->fd, &event);
	return connect(w->fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == EINPROGRESS;
}

void wire_close(struct wire *w)
{
	if (w->state == WIRE_CLOSED)
		return;
	w->state = WIRE_CLOSED;
	if (w->tls)
		tls_close(w->tls);
	close(w->fd);
	free(w->in.at);
	free(w->out.at);
	w->tls = NULL;
	w->in = w->out = (struct bytes){ 0 };
}

/* -- out -- */

static void keep(struct bytes *b, const char *from, int length)
{
	if (b->length + length > b->capacity) {
		b->capacity = b->length + length;
		b->at = realloc(b->at, (size_t)b->capacity);
	}
	memmove(b->at + b->length, from, (size_t)length);
	b->length += length;
}

static void forget(struct bytes *b)
{
	free(b->at);
	*b = (struct bytes){ 0 };
}

/* What the socket takes now; a failure is left to the reading side to find. */
static int write_now(struct wire *w, const char *from, int length)
{
	if (w->tls) {
		int taken = tls_write(w->tls, from, length);
		return taken > 0 ? taken : 0;
	}
	ssize_t taken = send(w->fd, from, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT);
	return taken > 0 ? (int)taken : 0;
}

static void write_bytes(struct wire *w, const char *from, int length)
{
	if (w->out.length == 0) {
		int taken = write_now(w, from, length);
		from += taken;
		length -= taken;
	}
	if (length > 0) {
		keep(&w->out, from, length);
		wait_for(w, true);
	}
}

static void write_kept(struct wire *w)
{
	int taken = write_now(w, w->out.at, w->out.length);
	memmove(w->out.at, w->out.at + taken, (size_t)(w->out.length - taken));
	w->out.length -= taken;
	if (w->out.length == 0) {
		forget(&w->out);
		wait_for(w, false);
	}
}

void wire_upgrade(struct wire *w, const char *path, const char *headers)
{
	static char head[MAX_TEXT];
	int length = snprintf(head, sizeof head,
		"GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 13\r\n%s\r\n", path, options.address, headers);
	w->state = WIRE_UPGRADE;
	write_bytes(w, head, length);
}

void wire_send(struct wire *w, int opcode, const char *payload, int length)
{
	static const unsigned char mask[4] = { 0x12, 0x34, 0x56, 0x78 };
	static char frame[MAX_TEXT + 16];
	int at = 0;
	if (length > 65535)
		give_up("a frame of %d bytes is too long", length);
	frame[at++] = (char)(0x80 | opcode);
	if (length < 126) {
		frame[at++] = (char)(0x80 | length);
	} else {
		frame[at++] = (char)(0x80 | 126);
		frame[at++] = (char)(length >> 8);
		frame[at++] = (char)length;
	}
	memcpy(frame + at, mask, sizeof mask);
	at += (int)sizeof mask;
	for (int i = 0; i < length; i++)
		frame[at + i] = (char)(payload[i] ^ mask[i & 3]);
	write_bytes(w, frame, at + length);
}

/* -- in -- */

static int take_upgrade(struct wire *w, const char *p, int length)
{
	const char *end = memmem(p, (size_t)length, "\r\n\r\n", 4);
	if (!end)
		return 0;
	int head = (int)(end - p) + 4;
	if (length < 12 || memcmp(p + 9, "101", 3) || !memmem(p, (size_t)head, KEY_ACCEPT, sizeof KEY_ACCEPT - 1)) {
		static bool shown;
		if (!shown)
			fprintf(stderr, "upgrade refused: %.*s\n", head < 300 ? head : 300, p);
		shown = true;
		lose(w, "the upgrade was refused");
		return length;
	}
	w->state = WIRE_OPEN;
	session_upgraded(w);
	return head;
}

static const char *close_said(const unsigned char *payload, int length)
{
	static char said[64];
	snprintf(said, sizeof said, "the server closed with %d", length >= 2 ? payload[0] << 8 | payload[1] : 0);
	return said;
}

/* The bytes of the frame at p, or 0 where it isn't whole yet. */
static int take_frame(struct wire *w, const char *p, int length, int64_t now)
{
	const unsigned char *f = (const unsigned char *)p;
	int head = 2;
	if (length < 2)
		return 0;
	uint64_t payload = f[1] & 127;
	int extra = payload == 126 ? 2 : payload == 127 ? 8 : 0;
	if (length < head + extra)
		return 0;
	if (extra) {
		payload = 0;
		for (int i = 0; i < extra; i++)
			payload = payload << 8 | f[2 + i];
		head += extra;
	}
	if (payload > RECEIVE_BYTES / 2)
		give_up("the server sent a frame of more than %d bytes", RECEIVE_BYTES / 2);
	if ((uint64_t)(length - head) < payload)
		return 0;
	switch (f[0] & 15) {
	case FRAME_PING: wire_send(w, FRAME_PONG, p + head, (int)payload); break;
	case FRAME_PONG: break;
	case FRAME_CLOSE: lose(w, close_said(f + head, (int)payload)); break;
	default: session_frame(w, p + head, (int)payload, now);
	}
	return head + (int)payload;
}

static int take(struct wire *w, const char *p, int length)
{
	int64_t now = now_ns();
	int used = 0;
	if (w->state == WIRE_UPGRADE) {
		used = take_upgrade(w, p, length);
		if (used == 0)
			return 0;
	}
	while (w->state == WIRE_OPEN) {
		int frame = take_frame(w, p + used, length - used, now);
		if (frame == 0)
			break;
		used += frame;
	}
	return used;
}

/* Whether there may be more to read without waiting. */
static bool read_some(struct wire *w)
{
	int have = w->in.length;
	if (have)
		memcpy(receive, w->in.at, (size_t)have);
	int got;
	if (w->tls) {
		got = tls_read(w->tls, receive + have, RECEIVE_BYTES - have);
		if (got == TLS_AGAIN)
			return false;
	} else {
		got = (int)recv(w->fd, receive + have, (size_t)(RECEIVE_BYTES - have), 0);
		if (got < 0 && errno == EAGAIN)
			return false;
	}
	if (got <= 0) {
		lose(w, got == 0 ? "the server closed the connection" : "the connection broke");
		return false;
	}
	int length = have + got, used = take(w, receive, length);
	if (w->state == WIRE_CLOSED || w->state == WIRE_CONNECTING)
		return false;
	w->in.length = 0;
	if (used < length)
		keep(&w->in, receive + used, length - used);
	else if (w->in.at)
		forget(&w->in);
	return w->tls != NULL;
}

static void begin(struct wire *w)
{
	int error = 0;
	socklen_t size = sizeof error;
	getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error) {
		lose(w, strerror(error));
		return;
	}
	if (options.tls) {
		w->tls = tls_open(w->fd);
		w->state = WIRE_TLS;
		return;
	}
	wait_for(w, false);
	session_connected(w);
}

static void shake_hands(struct wire *w)
{
	bool write = false;
	int outcome = tls_handshake(w->tls, &write);
	if (outcome == TLS_FAILED)
		lose(w, "the TLS handshake failed");
	else
		wait_for(w, write);
	if (outcome == 1)
		session_connected(w);
}

static void serve(struct wire *w, uint32_t events)
{
	if (w->state == WIRE_CONNECTING)
		begin(w);
	if (w->state == WIRE_TLS) {
		shake_hands(w);
		return;
	}
	if (w->state != WIRE_CLOSED && events & EPOLLOUT && w->out.length)
		write_kept(w);
	if (w->state != WIRE_CLOSED && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		while (read_some(w))
			;
}

void wire_poll(int timeout_ms)
{
	struct epoll_event events[512];
	int count = epoll_wait(epoll, events, 512, timeout_ms);
	for (int i = 0; i < count; i++) {
		struct wire *w = events[i].data.ptr;
		if (w->state != WIRE_CLOSED)
			serve(w, events[i].events);
	}
}
