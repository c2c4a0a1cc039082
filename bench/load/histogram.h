/* Counts of microseconds, exact to 1/64 of the value: one increment a delivery, percentiles at the end. */
#pragma once
#include <stdint.h>

#define HISTOGRAM_CELLS (64 * 40)

struct histogram {
	uint64_t cells[HISTOGRAM_CELLS];
	uint64_t count;
	int64_t max;
};

void histogram_clear(struct histogram *h);
void histogram_add(struct histogram *h, int64_t us);

/* The smallest value that at least the share `p` of all values does not exceed; 0 where there is none. */
int64_t histogram_at(const struct histogram *h, double p);
