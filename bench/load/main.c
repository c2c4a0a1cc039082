/* Reads the options, connects, runs the phases in order, judges. options.c explains the use. */
#include "phases.h"

#include <stdlib.h>
#include <sys/resource.h>

int main(int argc, char **argv)
{
	struct rlimit files;
	options_read(argc, argv);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	ledger_start();
	sessions_start();
	wire_start();
	struct session *sessions = calloc(options.connections + options.publishers, sizeof *sessions);
	phase_connect(sessions);
	for (int i = 0; i < options.phase_count; i++)
		phase_run(&options.phases[i], sessions);
	return phases_verdict(sessions);
}
