/* Events in flight lie in a ring whose entries hold the very bytes that were sent. */
#define _GNU_SOURCE
#include "ledger.h"

#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD 57 /* up to and with ",m:" */
#define NUMBER_AT 26
#define MAX_NUMBER 100000000u

struct entry {
	int64_t due;
	uint32_t number, stream, sequence;
	uint32_t missing; /* deliveries */
	bool acked;       /* or none is waited for */
	char *payload;
};

static struct entry *ring;
static uint32_t ring_mask, first, next_number, streams, blocks;
static uint32_t *stream_top;
static bool measuring;
static struct ledger_counts counts;
static struct histogram of_deliveries, of_last, of_acks;
static int64_t last_delivery;

void ledger_start(void)
{
	uint32_t size = 256;
	for (int i = 0; i < options.phase_count; i++) {
		uint32_t wanted = options.phases[i].window ? 2 * (uint32_t)options.phases[i].window : 8192;
		while (options.phases[i].kind == PHASE_EVENTS && size < wanted)
			size *= 2;
	}
	ring_mask = size - 1;
	ring = calloc(size, sizeof *ring);
	char *payloads = malloc((size_t)size * (size_t)options.payload_bytes);
	for (uint32_t i = 0; i < size; i++)
		ring[i].payload = payloads + (size_t)i * (size_t)options.payload_bytes;
	blocks = (options.connections + options.members - 1) / options.members;
	if (blocks == 0)
		blocks = 1;
	streams = options.rooms > 1 ? options.rooms : options.publishers;
	stream_top = calloc(streams, sizeof *stream_top);
}

uint32_t ledger_blocks(void) { return blocks; }

/* -- who hears what -- */

static uint32_t members_of(uint32_t room)
{
	uint32_t block = room % blocks, before = block * options.members;
	uint32_t rest = options.connections > before ? options.connections - before : 0;
	return rest < options.members ? rest : options.members;
}

bool reader_room(const struct reader *reader, uint32_t j, uint32_t *room)
{
	/* A block beyond the rooms that are published to has a room of its own, in which nothing happens. */
	*room = reader->block + j * blocks;
	return j == 0 || *room < options.rooms;
}

static bool slot_of(const struct reader *reader, uint32_t stream, uint32_t *slot)
{
	if (options.rooms == 1) {
		*slot = stream;
		return reader->block == 0;
	}
	*slot = stream / blocks;
	return stream % blocks == reader->block;
}

void reader_start(struct reader *reader, uint32_t connection)
{
	*reader = (struct reader){ .block = connection / options.members };
	if (options.rooms == 1)
		reader->slots = reader->block == 0 ? streams : 0;
	else if (reader->block < options.rooms)
		reader->slots = (options.rooms - reader->block + blocks - 1) / blocks;
	reader->next = calloc(reader->slots ? reader->slots : 1, sizeof *reader->next);
}

void reader_end(struct reader *reader)
{
	free(reader->next);
	free(reader->part);
	*reader = (struct reader){ 0 };
}

int64_t reader_lacks(const struct reader *reader)
{
	int64_t lacks = 0;
	for (uint32_t slot = 0; slot < reader->slots; slot++)
		lacks += stream_top[options.rooms == 1 ? slot : reader->block + slot * blocks] - reader->next[slot];
	return lacks;
}

/* -- out -- */

int64_t ledger_pending(void) { return next_number - first; }
int64_t ledger_capacity(void) { return ring_mask; }

struct event ledger_publish(int64_t due)
{
	struct entry *entry = &ring[next_number & ring_mask];
	char head[HEAD + 1];
	entry->number = next_number++;
	entry->stream = entry->number % streams;
	entry->sequence = stream_top[entry->stream]++;
	entry->due = due;
	uint32_t room = entry->stream % options.rooms;
	entry->missing = members_of(room);
	entry->acked = options.ack.length == 0;
	snprintf(head, sizeof head, "{t:%020lld,i:%08u,s:%06u,q:%08u,m:", (long long)due, entry->number % MAX_NUMBER, entry->stream, entry->sequence % MAX_NUMBER);
	memset(entry->payload, 'x', (size_t)options.payload_bytes);
	memcpy(entry->payload, head, HEAD);
	entry->payload[options.payload_bytes - 1] = '}';
	if (measuring)
		counts.events++;
	return (struct event){ entry->number, entry->stream, room, entry->stream % options.publishers, { entry->payload, options.payload_bytes } };
}

/* -- in -- */

static struct entry *entry_of(uint32_t number)
{
	struct entry *entry = &ring[number & ring_mask];
	return next_number - first > 0 && number - first < next_number - first ? entry : NULL;
}

static void retire_complete(void)
{
	while (first != next_number && ring[first & ring_mask].missing == 0 && ring[first & ring_mask].acked)
		first++;
}

static uint32_t digits(const char *p, int count)
{
	uint32_t value = 0;
	for (int i = 0; i < count; i++)
		value = value * 10 + (uint32_t)(p[i] - '0');
	return value;
}

static void deliver(struct reader *reader, const char *payload, int64_t now)
{
	uint32_t slot;
	struct entry *entry = entry_of(digits(payload + NUMBER_AT, 8));
	if (!entry) {
		counts.doubled++;
		return;
	}
	if (memcmp(payload, entry->payload, (size_t)options.payload_bytes) || !slot_of(reader, entry->stream, &slot)) {
		counts.altered++;
		return;
	}
	uint32_t expected = reader->next[slot];
	if (entry->sequence < expected) {
		counts.doubled++;
		return;
	}
	counts.lost += entry->sequence - expected;
	reader->next[slot] = entry->sequence + 1;
	if (measuring) {
		counts.deliveries++;
		histogram_add(&of_deliveries, (now - entry->due) / 1000);
		last_delivery = now;
	}
	if (--entry->missing == 0) {
		if (measuring)
			histogram_add(&of_last, (now - entry->due) / 1000);
		retire_complete();
	}
}

void ledger_ack(uint32_t number, int64_t now)
{
	struct entry *entry = entry_of(number);
	if (!entry || entry->acked) {
		counts.doubled++;
		return;
	}
	if (measuring) {
		counts.acks++;
		histogram_add(&of_acks, (now - entry->due) / 1000);
		last_delivery = now;
	}
	entry->acked = true;
	retire_complete();
}

/* Puts the head of this frame to the part that the last one ended in. Returns how much of the frame it used. */
static int take_part(struct reader *reader, const char *bytes, int length, int64_t now)
{
	int lacking = options.payload_bytes - reader->part_length, used = length < lacking ? length : lacking;
	memcpy(reader->part + reader->part_length, bytes, (size_t)used);
	reader->part_length += used;
	if (reader->part_length < options.payload_bytes)
		return used;
	reader->part_length = 0;
	if (memcmp(reader->part, "{t:", 3))
		return 0;
	deliver(reader, reader->part, now);
	return used;
}

static void keep_part(struct reader *reader, const char *bytes, int length)
{
	if (!reader->part)
		reader->part = malloc((size_t)options.payload_bytes);
	memcpy(reader->part, bytes, (size_t)length);
	reader->part_length = length;
}

/* Where a payload, or what may become one, begins; NULL where there is none. */
static const char *find(const char *p, const char *end)
{
	while ((p = memchr(p, '{', (size_t)(end - p))) != NULL) {
		int n = end - p < 3 ? (int)(end - p) : 3;
		if (!memcmp(p, "{t:", (size_t)n))
			return p;
		p++;
	}
	return NULL;
}

void reader_take(struct reader *reader, const char *bytes, int length, int64_t now)
{
	const char *p = bytes, *end = bytes + length;
	bool remember = reader->part_length == 0;
	if (measuring)
		counts.frames++;
	if (reader->part_length)
		p += take_part(reader, bytes, length, now);
	else if (length > reader->hint + 3 && !memcmp(bytes + reader->hint, "{t:", 3))
		p = bytes + reader->hint;
	for (p = find(p, end); p; p = find(p, end)) {
		if (end - p < options.payload_bytes) {
			keep_part(reader, p, (int)(end - p));
			return;
		}
		/* Short of a payload's length, so that a hint can't skip one. */
		if (remember && p - bytes < options.payload_bytes)
			reader->hint = (int)(p - bytes);
		remember = false;
		deliver(reader, p, now);
		p += options.payload_bytes;
	}
}

/* -- figures -- */

void ledger_measure(bool on)
{
	measuring = on;
	if (!on)
		return;
	struct ledger_counts faults = counts;
	counts = (struct ledger_counts){ .lost = faults.lost, .doubled = faults.doubled, .altered = faults.altered };
	histogram_clear(&of_deliveries);
	histogram_clear(&of_last);
	histogram_clear(&of_acks);
	last_delivery = 0;
}

struct ledger_counts ledger_counts(void) { return counts; }
const struct histogram *ledger_deliveries(void) { return &of_deliveries; }
const struct histogram *ledger_last(void) { return &of_last; }
const struct histogram *ledger_acks(void) { return &of_acks; }
int64_t ledger_last_delivery(void) { return last_delivery; }
