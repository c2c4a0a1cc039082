/* The floor: as little as a WebSocket broadcast server in C can do. What a publisher (path /pub) sends goes to every subscriber as a
 * frame that was made once. One thread, one epoll, no rooms, no rights, no history, no heartbeat.
 *
 *   floor PORT send      one send a delivery, at once
 *   floor PORT writev    frames queue at each subscriber; when the sockets that were readable have been read, one writev each */
#define _GNU_SOURCE
#include "handshake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define INPUT_BYTES (256 * 1024)
#define MOST_VECTORS 1024

struct frame {
	int references, length;
	char bytes[];
};

struct peer {
	int fd;
	bool upgraded, publisher, blocked;
	char *in; /* an unfinished head or frame */
	int in_length;
	struct frame **queue;
	int queued, capacity, sent; /* `sent` bytes of the first frame are gone */
	int place;                  /* among the subscribers */
};

static int epoll;
static bool coalesce, pending;
static struct peer **subscribers;
static int subscriber_count, subscriber_capacity;
static char input[INPUT_BYTES];

static void release(struct frame *frame)
{
	if (--frame->references == 0)
		free(frame);
}

static void drop(struct peer *peer)
{
	if (peer->upgraded && !peer->publisher) {
		struct peer *last = subscribers[--subscriber_count];
		subscribers[peer->place] = last;
		last->place = peer->place;
	}
	for (int i = 0; i < peer->queued; i++)
		release(peer->queue[i]);
	close(peer->fd);
	free(peer->queue);
	free(peer->in);
	free(peer);
}

/* -- out -- */

static void watch(struct peer *peer, bool writable)
{
	struct epoll_event event = { .events = writable ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = peer };
	epoll_ctl(epoll, EPOLL_CTL_MOD, peer->fd, &event);
	peer->blocked = writable;
}

static void enqueue(struct peer *peer, struct frame *frame, int sent)
{
	if (peer->queued == peer->capacity) {
		peer->capacity = peer->capacity ? 2 * peer->capacity : 16;
		peer->queue = realloc(peer->queue, (size_t)peer->capacity * sizeof *peer->queue);
	}
	if (peer->queued == 0)
		peer->sent = sent;
	peer->queue[peer->queued++] = frame;
	frame->references++;
}

/* Takes what went out off the queue. */
static void advance(struct peer *peer, ssize_t taken)
{
	int whole = 0;
	taken += peer->sent;
	while (whole < peer->queued && taken >= peer->queue[whole]->length) {
		taken -= peer->queue[whole]->length;
		release(peer->queue[whole++]);
	}
	peer->sent = (int)taken;
	peer->queued -= whole;
	memmove(peer->queue, peer->queue + whole, (size_t)peer->queued * sizeof *peer->queue);
}

static void flush(struct peer *peer)
{
	struct iovec vectors[MOST_VECTORS];
	int count = peer->queued < MOST_VECTORS ? peer->queued : MOST_VECTORS;
	for (int i = 0; i < count; i++)
		vectors[i] = (struct iovec){ peer->queue[i]->bytes, (size_t)peer->queue[i]->length };
	vectors[0].iov_base = (char *)vectors[0].iov_base + peer->sent;
	vectors[0].iov_len -= (size_t)peer->sent;
	ssize_t taken = writev(peer->fd, vectors, count);
	if (taken > 0)
		advance(peer, taken);
	if ((peer->queued > 0) != peer->blocked)
		watch(peer, peer->queued > 0);
}

static void send_now(struct peer *peer, struct frame *frame)
{
	ssize_t taken = peer->queued ? 0 : send(peer->fd, frame->bytes, (size_t)frame->length, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (taken == frame->length)
		return;
	enqueue(peer, frame, taken > 0 ? (int)taken : 0);
	if (!peer->blocked)
		watch(peer, true);
}

static void broadcast(const unsigned char *payload, int length, const unsigned char mask[4])
{
	struct frame *frame = malloc(sizeof *frame + (size_t)length + 4);
	int head = 0;
	frame->references = 1;
	frame->bytes[head++] = (char)0x81;
	if (length < 126) {
		frame->bytes[head++] = (char)length;
	} else {
		frame->bytes[head++] = 126;
		frame->bytes[head++] = (char)(length >> 8);
		frame->bytes[head++] = (char)length;
	}
	for (int i = 0; i < length; i++)
		frame->bytes[head + i] = (char)(payload[i] ^ mask[i & 3]);
	frame->length = head + length;
	for (int i = 0; i < subscriber_count; i++) {
		if (coalesce)
			enqueue(subscribers[i], frame, 0);
		else
			send_now(subscribers[i], frame);
	}
	pending = coalesce;
	release(frame);
}

static void flush_all(void)
{
	for (int i = 0; i < subscriber_count; i++)
		if (!subscribers[i]->blocked && subscribers[i]->queued)
			flush(subscribers[i]);
	pending = false;
}

/* -- in -- */

static void subscribe(struct peer *peer)
{
	if (subscriber_count == subscriber_capacity) {
		subscriber_capacity = subscriber_capacity ? 2 * subscriber_capacity : 1024;
		subscribers = realloc(subscribers, (size_t)subscriber_capacity * sizeof *subscribers);
	}
	peer->place = subscriber_count;
	subscribers[subscriber_count++] = peer;
}

/* Bytes used, 0 where more are needed, -1 where the peer is to go. */
static int take_head(struct peer *peer, char *bytes, int length)
{
	char answer[256];
	char *end = memmem(bytes, (size_t)length, "\r\n\r\n", 4);
	if (!end)
		return 0;
	*end = 0;
	int size = handshake_answer(bytes, answer);
	if (size == 0 || send(peer->fd, answer, (size_t)size, MSG_NOSIGNAL) != size)
		return -1;
	peer->upgraded = true;
	peer->publisher = !strncmp(bytes, "GET /pub", 8);
	if (!peer->publisher)
		subscribe(peer);
	return (int)(end - bytes) + 4;
}

static int take_frame(struct peer *peer, const char *bytes, int length)
{
	const unsigned char *f = (const unsigned char *)bytes;
	int head = 2, payload;
	if (length < 2)
		return 0;
	payload = f[1] & 127;
	if (payload == 127 || !(f[1] & 128) || (f[0] & 15) == 8)
		return -1;
	if (payload == 126) {
		if (length < 4)
			return 0;
		payload = f[2] << 8 | f[3];
		head = 4;
	}
	if (length < head + 4 + payload)
		return 0;
	if (peer->publisher && (f[0] & 15) < 3)
		broadcast(f + head + 4, payload, f + head);
	return head + 4 + payload;
}

static bool take(struct peer *peer, char *bytes, int length)
{
	int used = 0, one;
	while (used < length) {
		one = peer->upgraded ? take_frame(peer, bytes + used, length - used) : take_head(peer, bytes + used, length - used);
		if (one < 0)
			return false;
		if (one == 0)
			break;
		used += one;
	}
	peer->in_length = length - used;
	if (peer->in_length) {
		peer->in = realloc(peer->in, (size_t)peer->in_length);
		memcpy(peer->in, bytes + used, (size_t)peer->in_length);
	}
	return true;
}

/* False where the peer is gone. */
static bool receive(struct peer *peer)
{
	memcpy(input, peer->in_length ? peer->in : "", (size_t)peer->in_length);
	if (peer->in_length >= INPUT_BYTES)
		return false;
	ssize_t got = recv(peer->fd, input + peer->in_length, (size_t)(INPUT_BYTES - peer->in_length), MSG_DONTWAIT);
	if (got < 0 && errno == EAGAIN)
		return true;
	return got > 0 && take(peer, input, peer->in_length + (int)got);
}

static void accept_all(int listener)
{
	int fd, one = 1;
	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct peer *peer = calloc(1, sizeof *peer);
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = peer };
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		peer->fd = fd;
		epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
	}
}

static int listen_on(int port)
{
	int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 4096)) {
		perror("floor");
		exit(1);
	}
	return listener;
}

int main(int argc, char **argv)
{
	if (argc != 3 || (strcmp(argv[2], "send") && strcmp(argv[2], "writev"))) {
		fprintf(stderr, "floor PORT send|writev\n");
		return 1;
	}
	struct rlimit files;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	coalesce = !strcmp(argv[2], "writev");
	epoll = epoll_create1(EPOLL_CLOEXEC);
	int listener = listen_on(atoi(argv[1]));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
	epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
	for (;;) {
		struct epoll_event events[512];
		int count = epoll_wait(epoll, events, 512, -1);
		for (int i = 0; i < count; i++) {
			struct peer *peer = events[i].data.ptr;
			if (!peer) {
				accept_all(listener);
				continue;
			}
			if (events[i].events & EPOLLOUT && peer->queued)
				flush(peer);
			if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) && !receive(peer))
				drop(peer);
		}
		if (pending)
			flush_all();
	}
}
