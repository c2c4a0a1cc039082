/* The parts of a run, each of which prints one JSON line. */
#pragma once
#include "options.h"
#include "session.h"

/* Connects all subscribers and the publishers; leaves them in `sessions`, publishers last. */
void phase_connect(struct session *sessions);
void phase_run(const struct phase *phase, struct session *sessions);

/* What every subscriber lacks at the end is lost. Returns the exit status. */
int phases_verdict(struct session *sessions);
