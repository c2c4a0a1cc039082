/* The one clock of a run: nanoseconds since the machine started. */
#pragma once
#include <stdint.h>
#include <time.h>

static inline int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}
