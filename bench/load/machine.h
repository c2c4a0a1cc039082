/* What the kernel says of the server's processes, of this process and of the whole machine. */
#pragma once

struct machine_reading {
	double server;       /* CPU seconds, user and system, of the server's processes */
	double server_user;  /* of these in user mode, by the scheduler's ticks */
	double server_ticks; /* user and system by the same ticks */
	double self;         /* CPU seconds of the load generator */
	double busy;         /* CPU seconds of all that ran on the machine, interrupts included */
	double stolen;       /* CPU seconds that the hypervisor gave to others */
	double wall;
};

void machine_watch(int pid);
struct machine_reading machine_read(void);
struct machine_reading machine_since(const struct machine_reading *then);

/* Resident bytes of the server's processes. */
double machine_rss(void);
