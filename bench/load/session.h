/* What a connection does on a wire: its script, its rooms, the liveness its protocol asks for; then it reads events. */
#pragma once
#include "ledger.h"
#include "wire.h"

struct session {
	struct wire wire; /* first, so that one is the other */
	uint32_t number;
	bool publisher, ready;
	uint8_t step;
	uint32_t rooms_asked, rooms_answered;
	struct reader reader;
};

void sessions_start(void);
void session_open(struct session *s, uint32_t number, bool publisher);
void session_close(struct session *s);
void session_publish(struct session *publisher, const struct event *event);

struct session_counts {
	uint32_t opening, ready, publishers_ready, failed;
	uint64_t rooms_answered;
};

struct session_counts *session_counts(void);

/* Called once when a subscriber is ready; set by a phase that wants to know. */
extern void (*session_on_ready)(struct session *s);
