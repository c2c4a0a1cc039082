/* Log-linear cells: below 64 one a microsecond, above it 64 cells for each power of two. */
#include "histogram.h"

#include <math.h>
#include <string.h>

static int cell_of(int64_t us)
{
	if (us < 64)
		return us < 0 ? 0 : (int)us;
	int power = 63 - __builtin_clzll((uint64_t)us);
	return (power - 5) * 64 + (int)((us >> (power - 6)) & 63);
}

static int64_t value_of(int cell)
{
	if (cell < 64)
		return cell;
	int power = cell / 64 + 5;
	return (int64_t)(64 + (cell & 63)) << (power - 6);
}

void histogram_clear(struct histogram *h) { memset(h, 0, sizeof *h); }

void histogram_add(struct histogram *h, int64_t us)
{
	h->cells[cell_of(us)]++;
	h->count++;
	if (us > h->max)
		h->max = us;
}

int64_t histogram_at(const struct histogram *h, double p)
{
	uint64_t wanted = (uint64_t)ceil(p * (double)h->count), seen = 0;
	if (h->count == 0)
		return 0;
	for (int i = 0; i < HISTOGRAM_CELLS; i++) {
		seen += h->cells[i];
		if (seen >= wanted)
			return value_of(i);
	}
	return h->max;
}
