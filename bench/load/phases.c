/* Connecting, traffic, holding, reconnecting: each measures between two readings of the machine and nothing outside them. */
#include "phases.h"

#include "clock.h"
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>

#define SECOND 1000000000LL
#define STALL (5 * SECOND)
#define WARM_AT_MOST 30.0

static int verdict;

static void pump(double seconds)
{
	int64_t end = now_ns() + (int64_t)(seconds * 1e9), now;
	while ((now = now_ns()) < end)
		wire_poll((int)((end - now) / 1000000) + 1);
}

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "%s (%u ready, %u opening, %u failed)\n", what, session_counts()->ready, session_counts()->opening, session_counts()->failed);
	exit(3);
}

static double share(double part, double whole) { return whole > 0 ? part / whole : 0; }

/* CPU that neither the server nor we used, in percent of one core. */
static double others(const struct machine_reading *m)
{
	double rest = m->busy - m->server - m->self;
	return 100 * share(rest > 0 ? rest : 0, m->wall);
}

/* -- connecting -- */

static void connect_subscribers(struct session *sessions, uint32_t count)
{
	int64_t progress = now_ns();
	uint32_t started = 0;
	uint64_t done = 0;
	while (session_counts()->ready < count) {
		while (started < count && session_counts()->opening < (uint32_t)options.handshakes) {
			session_open(&sessions[started], started, false);
			started++;
		}
		wire_poll(100);
		if (session_counts()->failed)
			fail("a connection failed while connecting");
		if (session_counts()->ready + session_counts()->rooms_answered != done) {
			done = session_counts()->ready + session_counts()->rooms_answered;
			progress = now_ns();
		} else if (now_ns() - progress > 30 * SECOND) {
			fail("connecting stalled");
		}
	}
}

static void prewarm(struct session *sessions, uint32_t count)
{
	if (count > options.connections)
		count = options.connections;
	connect_subscribers(sessions, count);
	pump(0.3);
	for (uint32_t i = 0; i < count; i++)
		session_close(&sessions[i]);
	pump(1);
}

static void connect_publishers(struct session *publishers)
{
	int64_t start = now_ns();
	for (uint32_t i = 0; i < options.publishers; i++)
		session_open(&publishers[i], options.connections + i, true);
	while (session_counts()->publishers_ready < options.publishers) {
		wire_poll(100);
		if (session_counts()->failed || now_ns() - start > 10 * SECOND)
			fail("a publisher did not become ready");
	}
}

void phase_connect(struct session *sessions)
{
	if (options.prewarm > 0)
		prewarm(sessions, (uint32_t)options.prewarm);
	double rss = machine_rss();
	struct machine_reading start = machine_read();
	connect_subscribers(sessions, options.connections);
	struct machine_reading took = machine_since(&start);
	if (options.phase_count && options.phases[0].kind != PHASE_CHURN)
		connect_publishers(sessions + options.connections);
	pump(options.settle);
	printf("{\"phase\":\"connect\",\"connections\":%u,\"seconds\":%.3f,\"handshakes_per_s\":%.0f,\"cpu_us_per_handshake\":%.2f,\"rss_before\":%.0f,\"rss\":%.0f,\"others_pct\":%.1f}\n",
		options.connections, took.wall, share(options.connections, took.wall), share(took.server * 1e6, options.connections), rss, machine_rss(), others(&took));
	fflush(stdout);
}

/* -- traffic -- */

/* Publishes for some seconds and waits for what is then in flight. False: nothing came any more. */
static bool traffic(const struct phase *phase, double seconds, struct session *publishers)
{
	int64_t start = now_ns(), stop = start + (int64_t)(seconds * 1e9), due = start, progress = start;
	int64_t step = phase->rate > 0 ? (int64_t)(1e9 / phase->rate) : 0, most = phase->window ? phase->window : ledger_capacity();
	int64_t seen = -1;
	for (;;) {
		int64_t now = now_ns();
		while (now < stop && ledger_pending() < most && (!step || now >= due)) {
			struct event event = ledger_publish(step ? due : now);
			session_publish(&publishers[event.publisher], &event);
			due += step;
			if (!step)
				now = now_ns();
		}
		if (now >= stop && ledger_pending() == 0)
			return true;
		int64_t wait = step && now < stop ? (due - now) / 1000000 : 100;
		wire_poll(wait < 0 ? 0 : wait > 100 ? 100 : (int)wait);
		struct ledger_counts counts = ledger_counts();
		int64_t sign = counts.deliveries + counts.acks + counts.frames + counts.lost - ledger_pending();
		if (sign != seen || ledger_pending() == 0) {
			seen = sign;
			progress = now_ns();
		} else if (now_ns() - progress > STALL) {
			return false;
		}
		if (session_counts()->failed)
			fail("a connection failed under traffic");
	}
}

static void print_histogram(const char *name, const struct histogram *h)
{
	printf(",\"%s\":{\"p50_us\":%lld,\"p99_us\":%lld,\"max_us\":%lld,\"count\":%llu}", name, (long long)histogram_at(h, 0.5),
		(long long)histogram_at(h, 0.99), (long long)h->max, (unsigned long long)h->count);
}

static bool warm_up(const struct phase *phase, struct session *publishers)
{
	struct machine_reading start = machine_read();
	bool flows = traffic(phase, phase->warm, publishers);
	for (;;) {
		struct machine_reading took = machine_since(&start);
		if (!flows || took.server >= phase->warm_cpu || took.wall > WARM_AT_MOST)
			return flows;
		flows = traffic(phase, 0.2, publishers);
	}
}

static void run_events(const struct phase *phase, struct session *publishers)
{
	bool flows = warm_up(phase, publishers);
	ledger_measure(true);
	int64_t begun = now_ns();
	struct machine_reading start = machine_read();
	flows = flows && traffic(phase, phase->time, publishers);
	struct machine_reading took = machine_since(&start);
	ledger_measure(false);
	struct ledger_counts counts = ledger_counts();
	double seconds = ledger_last_delivery() ? (double)(ledger_last_delivery() - begun) / 1e9 : took.wall;
	printf("{\"phase\":\"events\",\"label\":\"%s\",\"window\":%d,\"rate\":%.0f,\"seconds\":%.3f,\"events\":%lld,\"deliveries\":%lld,\"acks\":%lld",
		phase->label, phase->window, phase->rate, seconds, (long long)counts.events, (long long)counts.deliveries, (long long)counts.acks);
	printf(",\"events_per_s\":%.0f,\"deliveries_per_s\":%.0f,\"cpu_us_per_delivery\":%.4f,\"cpu_us_per_event\":%.4f,\"client_us_per_delivery\":%.4f",
		share((double)counts.events, seconds), share((double)counts.deliveries, seconds), share(took.server * 1e6, (double)counts.deliveries),
		share(took.server * 1e6, (double)counts.events), share(took.self * 1e6, (double)counts.deliveries));
	printf(",\"server_cores\":%.3f,\"user_share\":%.2f,\"deliveries_per_frame\":%.2f,\"others_pct\":%.1f,\"stolen_pct\":%.1f",
		share(took.server, took.wall), share(took.server_user, took.server_ticks), share((double)counts.deliveries, (double)counts.frames),
		others(&took), 100 * share(took.stolen, took.wall));
	print_histogram("delivery", ledger_deliveries());
	print_histogram("last", ledger_last());
	print_histogram("ack", ledger_acks());
	printf(",\"lost\":%lld,\"doubled\":%lld,\"altered\":%lld,\"stalled\":%s,\"rss\":%.0f}\n", (long long)counts.lost, (long long)counts.doubled,
		(long long)counts.altered, flows ? "false" : "true", machine_rss());
	fflush(stdout);
	if (!flows) {
		fprintf(stderr, "stalled with %lld events in flight, lost %lld, doubled %lld, altered %lld\n", (long long)ledger_pending(),
			(long long)counts.lost, (long long)counts.doubled, (long long)counts.altered);
		exit(2);
	}
}

/* -- holding and reconnecting -- */

static void run_idle(const struct phase *phase)
{
	struct machine_reading start = machine_read();
	pump(phase->time);
	struct machine_reading took = machine_since(&start);
	printf("{\"phase\":\"idle\",\"label\":\"%s\",\"connections\":%u,\"seconds\":%.2f,\"cpu_us_per_connection_s\":%.3f,\"rss\":%.0f,\"others_pct\":%.1f}\n",
		phase->label, session_counts()->ready, took.wall, share(took.server * 1e6, took.wall * session_counts()->ready), machine_rss(), others(&took));
	fflush(stdout);
	if (session_counts()->failed)
		fail("a connection was lost while idle");
}

static struct session **again;
static uint32_t again_count;

static void remember(struct session *s) { again[again_count++] = s; }

/* Closes what is ready and connects it anew, a full set of handshakes under way all the time. */
static void run_churn(const struct phase *phase, struct session *sessions)
{
	uint32_t at_once = (uint32_t)options.handshakes < options.connections ? (uint32_t)options.handshakes : options.connections;
	uint64_t done = 0;
	again = calloc(at_once, sizeof *again);
	for (uint32_t i = 0; i < options.connections; i++)
		session_close(&sessions[i]);
	session_on_ready = remember;
	for (uint32_t i = 0; i < at_once; i++)
		session_open(&sessions[i], i, false);
	struct machine_reading start = machine_read();
	int64_t end = now_ns() + (int64_t)(phase->time * 1e9);
	while (now_ns() < end) {
		wire_poll(100);
		if (session_counts()->failed)
			fail("a connection failed while reconnecting");
		/* Not before the poll is over: its other events may still name these connections. */
		uint32_t count = again_count;
		again_count = 0;
		for (uint32_t i = 0; i < count; i++) {
			session_close(again[i]);
			session_open(again[i], again[i]->number, false);
		}
		done += count;
	}
	struct machine_reading took = machine_since(&start);
	session_on_ready = NULL;
	printf("{\"phase\":\"churn\",\"label\":\"%s\",\"handshakes\":%llu,\"handshakes_per_s\":%.0f,\"cpu_us_per_handshake\":%.2f,\"others_pct\":%.1f}\n",
		phase->label, (unsigned long long)done, share((double)done, took.wall), share(took.server * 1e6, (double)done), others(&took));
	fflush(stdout);
}

void phase_run(const struct phase *phase, struct session *sessions)
{
	switch (phase->kind) {
	case PHASE_EVENTS: run_events(phase, sessions + options.connections); break;
	case PHASE_IDLE: run_idle(phase); break;
	case PHASE_CHURN: run_churn(phase, sessions); break;
	}
}

int phases_verdict(struct session *sessions)
{
	struct ledger_counts counts = ledger_counts();
	int64_t lacking = 0;
	for (uint32_t i = 0; i < options.connections; i++)
		if (sessions[i].ready)
			lacking += reader_lacks(&sessions[i].reader);
	if (lacking || counts.lost || counts.doubled || counts.altered) {
		fprintf(stderr, "lacking %lld, lost %lld, doubled %lld, altered %lld\n", (long long)lacking, (long long)counts.lost, (long long)counts.doubled, (long long)counts.altered);
		verdict = 2;
	}
	return verdict;
}
