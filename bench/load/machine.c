/* CPU time of the server is read from the process CPU clock, which counts nanoseconds of all threads, ended ones too; /proc/PID/stat
 * counts ticks of 10 ms and serves for the share of user mode alone. */
#include "machine.h"

#include "clock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_PIDS 32

static int pids[MAX_PIDS], pid_count;

void machine_watch(int pid)
{
	if (pid_count < MAX_PIDS)
		pids[pid_count++] = pid;
}

static double seconds_of(clockid_t clock)
{
	struct timespec t;
	return clock_gettime(clock, &t) ? 0 : (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void read_ticks(int pid, struct machine_reading *r)
{
	char path[64], text[1024];
	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	FILE *f = fopen(path, "r");
	if (!f)
		return;
	size_t n = fread(text, 1, sizeof text - 1, f);
	text[n] = 0;
	fclose(f);
	unsigned long user, system;
	const char *name_end = strrchr(text, ')');
	if (name_end && sscanf(name_end + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) == 2) {
		double tick = (double)sysconf(_SC_CLK_TCK);
		r->server_user += (double)user / tick;
		r->server_ticks += (double)(user + system) / tick;
	}
}

static void read_all_cpus(struct machine_reading *r)
{
	unsigned long long user, nice, system, idle, wait, irq, softirq, steal;
	FILE *f = fopen("/proc/stat", "r");
	if (!f)
		return;
	if (fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &wait, &irq, &softirq, &steal) == 8) {
		double tick = (double)sysconf(_SC_CLK_TCK);
		r->busy = (double)(user + nice + system + irq + softirq) / tick;
		r->stolen = (double)steal / tick;
	}
	fclose(f);
}

struct machine_reading machine_read(void)
{
	struct machine_reading r = { 0 };
	for (int i = 0; i < pid_count; i++) {
		clockid_t clock;
		if (clock_getcpuclockid(pids[i], &clock) == 0)
			r.server += seconds_of(clock);
		read_ticks(pids[i], &r);
	}
	read_all_cpus(&r);
	r.self = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
	r.wall = (double)now_ns() / 1e9;
	return r;
}

struct machine_reading machine_since(const struct machine_reading *then)
{
	struct machine_reading now = machine_read();
	now.server -= then->server;
	now.server_user -= then->server_user;
	now.server_ticks -= then->server_ticks;
	now.self -= then->self;
	now.busy -= then->busy;
	now.stolen -= then->stolen;
	now.wall -= then->wall;
	return now;
}

double machine_rss(void)
{
	double bytes = 0;
	for (int i = 0; i < pid_count; i++) {
		char path[64];
		long all, resident;
		snprintf(path, sizeof path, "/proc/%d/statm", pids[i]);
		FILE *f = fopen(path, "r");
		if (!f)
			continue;
		if (fscanf(f, "%ld %ld", &all, &resident) == 2)
			bytes += (double)resident * (double)sysconf(_SC_PAGESIZE);
		fclose(f);
	}
	return bytes;
}
