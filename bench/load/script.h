/* What a connection says before it is ready, and what a publish looks like: text with holes, written on the command line.
 *
 * A step is EXPECT=>SEND: wait until a received frame contains EXPECT (empty: don't wait), then send SEND as one frame (empty: send
 * nothing). Escapes: \r \n \t \\ \xHH. Holes: %i the connection's number, %l its line of --lines, %r a room's number, %n an event's
 * number, %P the payload, %L the payload's length, %% a percent sign. */
#pragma once
#include <stdint.h>

#define MAX_STEPS 8
#define MAX_TEXT 65536

struct text {
	char *bytes;
	int length;
};

struct step {
	struct text expect, send;
};

struct script {
	struct step steps[MAX_STEPS];
	int count;
};

/* What the holes are filled with. */
struct filling {
	uint32_t connection, room, event;
	const char *line;
	struct text payload;
};

struct text text_of(const char *escaped, int length);
struct step step_of(const char *written);
void script_add(struct script *script, const char *written);

/* Into `out`, of MAX_TEXT bytes; ends the process where it does not fit. */
int text_fill(const struct text *template, const struct filling *with, char *out);

/* Whether the bytes contain the text; an empty one is in all. */
int text_in(const struct text *text, const char *bytes, int length);

_Noreturn void give_up(const char *format, ...);
