/* Every event that was published, and who has it: the proof that a server delivered all of them to everybody, in order, unaltered.
 *
 * An event belongs to a stream: a room, or, where several publishers share the only room, a publisher. A stream's events are numbered
 * from 0, and a subscriber must see each of its streams without a gap from the first to the last. The payload is
 *   {t:<20 digits: when it was due>,i:<8: event>,s:<6: stream>,q:<8: number in the stream>,m:xxx…}
 * without a quote, so that any text envelope carries it as it is. It is looked for in the bytes of a connection's frames, however the
 * server packs or splits them, and compared with what was sent to the last byte. */
#pragma once
#include "histogram.h"
#include "script.h"

#include <stdbool.h>
#include <stdint.h>

/* A subscriber's place in its streams. */
struct reader {
	uint32_t block;   /* of connections that share their rooms */
	uint32_t *next;   /* of each of its streams */
	uint32_t slots;
	int hint;         /* where the payload began in the last frame */
	char *part;       /* a payload that a frame ended in */
	int part_length;
};

struct ledger_counts {
	int64_t events, deliveries, acks, lost, doubled, altered, frames;
};

struct event {
	uint32_t number, stream, room, publisher;
	struct text payload;
};

void ledger_start(void);
void reader_start(struct reader *reader, uint32_t connection);
void reader_end(struct reader *reader);
uint32_t ledger_blocks(void);

/* A reader's room number j, counted from 0; false where it has fewer. */
bool reader_room(const struct reader *reader, uint32_t j, uint32_t *room);

/* The next event in turn; it was due at `due`. Only while ledger_open says that there is room for it. */
struct event ledger_publish(int64_t due);
int64_t ledger_pending(void);
int64_t ledger_capacity(void);

void reader_take(struct reader *reader, const char *bytes, int length, int64_t now);
void ledger_ack(uint32_t number, int64_t now);

/* Figures count from here on, and no longer. */
void ledger_measure(bool on);
struct ledger_counts ledger_counts(void);
const struct histogram *ledger_deliveries(void); /* of each delivery */
const struct histogram *ledger_last(void);       /* of each event's last delivery */
const struct histogram *ledger_acks(void);
int64_t ledger_last_delivery(void);

/* How many events a reader still lacks. */
int64_t reader_lacks(const struct reader *reader);
