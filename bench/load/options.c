/* load: N WebSocket subscribers and a few publishers, one thread, one epoll, any text protocol (and two binary ones).
 *
 *   --protocol P      raw | signalr | socketio | mqtt | nats: presets for the options below
 *   --address A --port P[,P…] --publish-port P[,P…]   connections are dealt to the ports in turn
 *   --tls             TLS, the certificate not verified
 *   --path --publish-path --subprotocol --header 'K: V' (repeatable) --binary
 *   --step 'EXPECT=>SEND' --publish-step --publish TEMPLATE   what is said; script.h explains steps and holes
 *   --each-room 'EXPECT=>SEND'   said for every room of a connection after the steps; EXPECT is an answer
 *   --ack TEXT        an event counts as complete when a publisher also got a frame with TEXT and then the event's number
 *   --lines FILE      line number i belongs to connection i (%l); publishers come after the subscribers
 *   --connections N   subscribers                        --handshakes C   handshakes in flight (128)
 *   --members K       subscribers a room (all)           --rooms R        rooms that are published to, in turn (1)
 *                     Blocks of K connections: room r has the members of block r mod (N/K).
 *   --publishers P    events are dealt to them in turn (1; with several rooms a multiple of it)
 *   --bytes B         payload (128)                      --sources S      spread over S loopback source addresses (off)
 *   --prewarm K       connect and close K connections first
 *   --settle S        pause before the first phase (0.5)
 *   --pid P[,P…]      the server's processes
 *   --phase kind=events,label=…,w=32,warm=1,time=3   w events in flight; or rate=50 (events a second, latency from the scheduled time)
 *           with cpu=2 the warming goes on until the server has used 2 CPU seconds (at most 30 s): a busy machine compiles late
 *   --phase kind=idle,time=20                        hold the connections: CPU and memory
 *   --phase kind=churn,time=5                        reconnect each connection as soon as it is ready: handshakes a second
 *
 * One JSON object a line: of the connecting, then of each phase. Exit status: 0 right, 1 usage, 2 an event was lost, doubled, out of
 * order or altered, 3 a connection failed. */
#define _GNU_SOURCE
#include "options.h"

#include "machine.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options options = {
	.protocol = "raw", .address = "127.0.0.1", .connections = 100, .rooms = 1, .publishers = 1,
	.handshakes = 128, .payload_bytes = 128, .settle = 0.5,
};

enum { PROTOCOL = 256, ADDRESS, PORT, PUBLISH_PORT, TLS, PATH, PUBLISH_PATH, SUBPROTOCOL, HEADER, BINARY, STEP, PUBLISH_STEP, PUBLISH,
	EACH_ROOM, ACK, LINES, CONNECTIONS, HANDSHAKES, MEMBERS, ROOMS, PUBLISHERS, BYTES, SOURCES, PREWARM, SETTLE, PID, PHASE };

static const struct option names[] = {
	{ "protocol", 1, 0, PROTOCOL }, { "address", 1, 0, ADDRESS }, { "port", 1, 0, PORT }, { "publish-port", 1, 0, PUBLISH_PORT },
	{ "tls", 0, 0, TLS }, { "path", 1, 0, PATH }, { "publish-path", 1, 0, PUBLISH_PATH }, { "subprotocol", 1, 0, SUBPROTOCOL },
	{ "header", 1, 0, HEADER }, { "binary", 0, 0, BINARY }, { "step", 1, 0, STEP }, { "publish-step", 1, 0, PUBLISH_STEP },
	{ "publish", 1, 0, PUBLISH }, { "each-room", 1, 0, EACH_ROOM }, { "ack", 1, 0, ACK }, { "lines", 1, 0, LINES },
	{ "connections", 1, 0, CONNECTIONS }, { "handshakes", 1, 0, HANDSHAKES }, { "members", 1, 0, MEMBERS }, { "rooms", 1, 0, ROOMS },
	{ "publishers", 1, 0, PUBLISHERS }, { "bytes", 1, 0, BYTES }, { "sources", 1, 0, SOURCES }, { "prewarm", 1, 0, PREWARM },
	{ "settle", 1, 0, SETTLE }, { "pid", 1, 0, PID }, { "phase", 1, 0, PHASE }, { 0, 0, 0, 0 },
};

static struct text whole(const char *written) { return text_of(written, (int)strlen(written)); }

static int read_ports(char *list, int *ports)
{
	int count = 0;
	for (char *one = strtok(list, ","); one && count < MAX_PORTS; one = strtok(NULL, ","))
		ports[count++] = atoi(one);
	return count;
}

static void add_header(const char *line)
{
	size_t length = strlen(options.headers);
	if (length + strlen(line) + 3 > sizeof options.headers)
		give_up("too many headers");
	sprintf(options.headers + length, "%s\r\n", line);
}

static void read_phase(char *written)
{
	if (options.phase_count == MAX_PHASES)
		give_up("more than %d phases", MAX_PHASES);
	struct phase *phase = &options.phases[options.phase_count++];
	*phase = (struct phase){ .kind = PHASE_EVENTS, .label = "events", .window = 1, .warm = 1, .time = 3 };
	for (char *pair = strtok(written, ","); pair; pair = strtok(NULL, ",")) {
		char *value = strchr(pair, '=');
		if (!value)
			give_up("a phase is key=value,…: %s", pair);
		*value++ = 0;
		if (!strcmp(pair, "kind"))
			phase->kind = !strcmp(value, "idle") ? PHASE_IDLE : !strcmp(value, "churn") ? PHASE_CHURN : PHASE_EVENTS;
		else if (!strcmp(pair, "label"))
			snprintf(phase->label, sizeof phase->label, "%s", value);
		else if (!strcmp(pair, "w"))
			phase->window = atoi(value);
		else if (!strcmp(pair, "rate"))
			phase->rate = atof(value), phase->window = 0;
		else if (!strcmp(pair, "warm"))
			phase->warm = atof(value);
		else if (!strcmp(pair, "cpu"))
			phase->warm_cpu = atof(value);
		else if (!strcmp(pair, "time"))
			phase->time = atof(value);
		else
			give_up("unknown key of a phase: %s", pair);
	}
}

static void read_one(int option, char *value)
{
	switch (option) {
	case PROTOCOL: options.protocol = value; break;
	case ADDRESS: options.address = value; break;
	case PORT: options.port_count = read_ports(value, options.ports); break;
	case PUBLISH_PORT: options.publish_port_count = read_ports(value, options.publish_ports); break;
	case TLS: options.tls = true; break;
	case PATH: options.path = value; break;
	case PUBLISH_PATH: options.publish_path = value; break;
	case SUBPROTOCOL: options.subprotocol = value; break;
	case HEADER: add_header(value); break;
	case BINARY: options.binary = true; break;
	case STEP: script_add(&options.script, value); break;
	case PUBLISH_STEP: script_add(&options.publish_script, value); break;
	case PUBLISH: options.publish = whole(value); break;
	case EACH_ROOM: options.each_room = step_of(value); break;
	case ACK: options.ack = whole(value); break;
	case LINES: options.lines_file = value; break;
	case CONNECTIONS: options.connections = (uint32_t)atoi(value); break;
	case HANDSHAKES: options.handshakes = atoi(value); break;
	case MEMBERS: options.members = (uint32_t)atoi(value); break;
	case ROOMS: options.rooms = (uint32_t)atoi(value); break;
	case PUBLISHERS: options.publishers = (uint32_t)atoi(value); break;
	case BYTES: options.payload_bytes = atoi(value); break;
	case SOURCES: options.sources = atoi(value); break;
	case PREWARM: options.prewarm = atoi(value); break;
	case SETTLE: options.settle = atof(value); break;
	case PID:
		for (char *one = strtok(value, ","); one; one = strtok(NULL, ","))
			machine_watch(atoi(one));
		break;
	case PHASE: read_phase(value); break;
	default: exit(1);
	}
}

static void check(void)
{
	if (options.port_count == 0)
		give_up("--port is needed");
	if (options.payload_bytes < 64 || options.payload_bytes > 16384)
		give_up("--bytes must be 64 to 16384");
	if (options.rooms == 0 || options.publishers == 0)
		give_up("--rooms and --publishers must be at least 1");
	if (options.rooms > 1 && options.rooms % options.publishers)
		give_up("--rooms must be a multiple of --publishers");
	for (int i = 0; i < options.phase_count; i++)
		if (options.phases[i].kind == PHASE_EVENTS && options.phases[i].window == 0 && options.phases[i].rate <= 0)
			give_up("a phase without a window needs a rate");
}

void options_read(int argc, char **argv)
{
	int option;
	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
		read_one(option, optarg);
	preset_apply(&options);
	if (options.members == 0 || options.members > options.connections)
		options.members = options.connections ? options.connections : 1;
	check();
}
