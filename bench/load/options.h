/* The command line, read once; nothing writes to it afterwards. The head of options.c explains each option. */
#pragma once
#include "script.h"

#include <stdbool.h>
#include <stdint.h>

#define MAX_PHASES 16
#define MAX_PORTS 16

enum phase_kind { PHASE_EVENTS, PHASE_IDLE, PHASE_CHURN };

struct phase {
	enum phase_kind kind;
	char label[48];
	int window;       /* events in flight; 0: unbounded, for a rate */
	double rate;      /* events a second; 0: as fast as the window allows */
	double warm, time;
	double warm_cpu;  /* the warming goes on until the server used so many CPU seconds */
};

struct options {
	const char *protocol, *address, *path, *publish_path, *subprotocol;
	char headers[4096];
	int ports[MAX_PORTS], port_count, publish_ports[MAX_PORTS], publish_port_count;
	bool tls, binary;
	uint32_t connections, members, rooms, publishers;
	int handshakes, sources, prewarm, payload_bytes;
	double settle;
	const char *lines_file;
	struct script script, publish_script;
	struct step each_room;
	struct text publish, ack;
	struct phase phases[MAX_PHASES];
	int phase_count;
};

extern struct options options;

void options_read(int argc, char **argv);

/* Fills in what the named protocol says of paths, scripts and the publish where the command line did not. */
void preset_apply(struct options *o);
