/* A connection is ready when its script is done and each of its rooms was answered. */
#define _GNU_SOURCE
#include "session.h"

#include "options.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Joins under way on one connection: below any server's bound on unread answers. */
#define ROOMS_AT_ONCE 64

void (*session_on_ready)(struct session *s);

static struct session_counts counts;
static char **lines;
static uint32_t line_count;
static char filled[MAX_TEXT];

struct session_counts *session_counts(void) { return &counts; }

void sessions_start(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	uint32_t wanted = options.connections + options.publishers;
	if (!options.lines_file)
		return;
	FILE *f = fopen(options.lines_file, "r");
	if (!f)
		give_up("can't read %s", options.lines_file);
	lines = calloc(wanted, sizeof *lines);
	while (line_count < wanted && (length = getline(&line, &size, f)) > 0) {
		line[strcspn(line, "\n")] = 0;
		lines[line_count++] = strdup(line);
	}
	free(line);
	fclose(f);
	if (line_count < wanted)
		give_up("%s has %u lines, %u are needed", options.lines_file, line_count, wanted);
}

static struct filling filling_of(const struct session *s)
{
	uint32_t room = 0;
	if (!s->publisher)
		reader_room(&s->reader, 0, &room);
	return (struct filling){ .connection = s->number, .room = room, .line = s->number < line_count ? lines[s->number] : NULL };
}

static void say(struct session *s, const struct text *template, const struct filling *with)
{
	int length = text_fill(template, with, filled);
	wire_send(&s->wire, options.binary ? FRAME_BINARY : FRAME_TEXT, filled, length);
}

/* -- becoming ready -- */

void session_open(struct session *s, uint32_t number, bool publisher)
{
	const int *ports = publisher && options.publish_port_count ? options.publish_ports : options.ports;
	int count = publisher && options.publish_port_count ? options.publish_port_count : options.port_count;
	memset(s, 0, sizeof *s);
	if (!publisher) {
		counts.opening++;
		reader_start(&s->reader, number);
	}
	bool begun = wire_connect(&s->wire, ports[number % (uint32_t)count], options.sources ? (int)(number % (uint32_t)options.sources) : -1);
	s->number = number;
	s->publisher = publisher;
	if (!begun) {
		wire_close(&s->wire);
		session_lost(&s->wire, "connect failed");
	}
}

void session_close(struct session *s)
{
	if (s->wire.state == WIRE_CLOSED)
		return;
	wire_close(&s->wire);
	reader_end(&s->reader);
	if (s->publisher)
		counts.publishers_ready -= s->ready;
	else if (s->ready)
		counts.ready--;
	else
		counts.opening--;
	s->ready = false;
}

static void became_ready(struct session *s)
{
	s->ready = true;
	if (s->publisher) {
		counts.publishers_ready++;
		return;
	}
	counts.opening--;
	counts.ready++;
	if (session_on_ready)
		session_on_ready(s);
}

/* Asks for rooms as far as the bound allows; true when all were answered. */
static bool join_rooms(struct session *s, const char *frame, int length)
{
	struct filling filling = filling_of(s);
	if (s->publisher || !options.each_room.send.length)
		return true;
	if (frame && s->rooms_asked && text_in(&options.each_room.expect, frame, length)) {
		s->rooms_answered++;
		counts.rooms_answered++;
	}
	while (s->rooms_asked - s->rooms_answered < ROOMS_AT_ONCE && reader_room(&s->reader, s->rooms_asked, &filling.room)) {
		say(s, &options.each_room.send, &filling);
		s->rooms_asked++;
	}
	return s->rooms_asked == s->rooms_answered;
}

static void go_on(struct session *s, const char *frame, int length)
{
	const struct script *script = s->publisher ? &options.publish_script : &options.script;
	struct filling filling = filling_of(s);
	while (s->step < script->count) {
		const struct step *step = &script->steps[s->step];
		if (step->expect.length) {
			if (!frame || !text_in(&step->expect, frame, length))
				return;
			frame = NULL;
		}
		s->step++;
		if (step->send.length)
			say(s, &step->send, &filling);
	}
	if (join_rooms(s, frame, length))
		became_ready(s);
}

void session_connected(struct wire *w)
{
	struct session *s = (struct session *)w;
	static char path[MAX_TEXT + 1], headers[MAX_TEXT + 1];
	const char *written = s->publisher ? options.publish_path : options.path;
	struct filling filling = filling_of(s);
	struct text path_template = { (char *)written, (int)strlen(written) };
	struct text header_template = { options.headers, (int)strlen(options.headers) };
	path[text_fill(&path_template, &filling, path)] = 0;
	int length = text_fill(&header_template, &filling, headers);
	if (options.subprotocol)
		length += snprintf(headers + length, sizeof headers - (size_t)length, "Sec-WebSocket-Protocol: %s\r\n", options.subprotocol);
	headers[length] = 0;
	wire_upgrade(w, path, headers);
}

void session_upgraded(struct wire *w) { go_on((struct session *)w, NULL, 0); }

void session_lost(struct wire *w, const char *why)
{
	struct session *s = (struct session *)w;
	if (counts.failed++ == 0)
		fprintf(stderr, "connection %u: %s\n", s->number, why);
	if (s->publisher)
		counts.publishers_ready -= s->ready;
	else if (s->ready)
		counts.ready--;
	else
		counts.opening--;
	s->ready = false;
}

/* -- being ready -- */

/* Engine.IO and NATS keep a connection alive by messages of their own. */
static bool stay_alive(struct session *s, const char *payload, int length)
{
	if (options.protocol[0] == 's' && options.protocol[1] == 'o' && length == 1 && *payload == '2') {
		wire_send(&s->wire, FRAME_TEXT, "3", 1);
		return true;
	}
	if (options.protocol[0] == 'n' && length >= 4 && !memcmp(payload, "PING", 4))
		wire_send(&s->wire, FRAME_BINARY, "PONG\r\n", 6);
	return false;
}

static void look_for_ack(const char *payload, int length, int64_t now)
{
	const char *at = memmem(payload, (size_t)length, options.ack.bytes, (size_t)options.ack.length);
	uint32_t number = 0;
	if (!at)
		return;
	for (at += options.ack.length; at < payload + length && isdigit((unsigned char)*at); at++)
		number = number * 10 + (uint32_t)(*at - '0');
	ledger_ack(number, now);
}

void session_frame(struct wire *w, const char *payload, int length, int64_t now)
{
	struct session *s = (struct session *)w;
	if (stay_alive(s, payload, length))
		return;
	if (!s->ready)
		go_on(s, payload, length);
	else if (!s->publisher)
		reader_take(&s->reader, payload, length, now);
	else if (options.ack.length)
		look_for_ack(payload, length, now);
}

void session_publish(struct session *publisher, const struct event *event)
{
	struct filling filling = filling_of(publisher);
	filling.room = event->room;
	filling.event = event->number;
	filling.payload = event->payload;
	say(publisher, &options.publish, &filling);
}
